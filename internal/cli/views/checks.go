package views

import (
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Level says how bad a check's finding is.
type Level string

// The levels of a check.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Check is one thing that doctor looked at.
type Check struct {
	Level  Level  `json:"level"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	// Fix says what to do: a command or a sentence.
	Fix string `json:"fix,omitempty"`
}

// Checks prints one line per check, and below it what to do.
func (s *Screen) Checks(checks []Check) error {
	styles := map[Level]review.Style{OK: review.Success, Warn: review.Warning, Fail: review.Failure}
	var lines []review.Line
	for _, c := range checks {
		line := review.Line{
			{Text: (string(c.Level) + "    ")[:4] + "  ", Style: styles[c.Level]},
			{Text: review.Clean(c.Name), Style: review.Strong},
		}
		if c.Detail != "" {
			line = append(line, review.Span{Text: "  " + review.Clean(c.Detail)})
		}
		lines = append(lines, line)
		if c.Fix != "" && c.Level != OK {
			lines = append(lines, review.Line{{Text: "      fix: ", Style: review.Success}, {Text: review.Clean(c.Fix)}})
		}
	}
	return s.Print(lines...)
}
