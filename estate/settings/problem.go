package settings

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with an environment file or with the
// settings in it.
type Problem struct {
	// Pos is where it is.
	Pos Pos `json:"pos"`
	// Path is the key, such as "backupDays", "listeners[0].port" or, with the
	// stack in front, "data.backupDays". Empty when the whole file is meant.
	Path string `json:"path,omitempty"`
	// What completes the sentence that Path begins: "is 40, maximum 35". It never
	// holds a secret.
	What string `json:"what"`
	// Rule is the tag that is broken, such as `max:"35"`.
	Rule string `json:"rule,omitempty"`
	// GoField is the Go field that asks for the setting.
	GoField string `json:"goField,omitempty"`
	// Source is the "file:line" of GoField, when it is known.
	Source string `json:"source,omitempty"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
}

// String returns the problem as one line:
// environments/dev.yaml:9:17: data.backupDays is 40, maximum 35 (data.Config.BackupDays `max:"35"`).
func (p Problem) String() string {
	var b strings.Builder
	if where := p.Pos.String(); where != "" {
		b.WriteString(where + ": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + " ")
	}
	b.WriteString(p.What)
	if p.GoField != "" {
		b.WriteString(" (" + p.GoField)
		if p.Source != "" {
			b.WriteString(" at " + p.Source)
		}
		if p.Rule != "" {
			b.WriteString(" `" + p.Rule + "`")
		}
		b.WriteString(")")
	}
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Error is a list of problems, as an error.
type Error struct{ Problems []Problem }

// Error returns one line for each problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// ErrorOf returns an *Error of the problems in the order of their places, or
// nil when there are none.
func ErrorOf(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Path, b.Path))
	})
	return &Error{Problems: sorted}
}

// nearest returns the candidate that word was probably meant to be, or "".
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if strings.EqualFold(c, word) {
			return c
		}
		if d := Distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean returns a hint with the nearest candidate, else with all of them.
func DidYouMean(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
}

// Distance is the edit distance in which two swapped neighbours count once.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
