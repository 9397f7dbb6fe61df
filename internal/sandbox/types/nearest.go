package types

import "strings"

// Nearest returns the candidate that want is most likely a misspelling of, or
// "" when none is close. Of equally close ones the first wins.
func Nearest(want string, candidates []string) string {
	best, limit := "", max(2, len(want)/4)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(want), strings.ToLower(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance counts the edits, insertions, deletions and swaps of neighbours that
// lead from a to b, over bytes.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
