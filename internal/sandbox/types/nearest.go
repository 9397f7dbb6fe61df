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

// distance is Levenshtein's, over bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}
