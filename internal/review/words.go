package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Duration writes how long something took, as short as is useful: "340ms",
// "2.1s", "1m04s", "2h05m".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0ms"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d.%ds", d/time.Second, d%time.Second/(100*time.Millisecond))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Counts writes a summary in words, "19 to create, 1 to replace" when planned
// and "19 created, 1 replaced" when done; "no changes" when there is none.
func Counts(s gitops.Summary, planned bool) string { return countLine(s, planned).String() }

func countLine(s gitops.Summary, planned bool) Line {
	words := []struct {
		n     int
		verb  string
		done  string
		style Style
	}{
		{s.Create, "create", "created", Created},
		{s.Update, "update", "updated", Updated},
		{s.Replace, "replace", "replaced", Replaced},
		{s.Delete, "delete", "deleted", Deleted},
	}
	var out Line
	for _, w := range words {
		if w.n == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, Span{", ", Normal})
		}
		text := fmt.Sprintf("%d %s", w.n, w.done)
		if planned {
			text = fmt.Sprintf("%d to %s", w.n, w.verb)
		}
		out = append(out, Span{text, w.style})
	}
	if len(out) == 0 {
		return Line{{"no changes", Faint}}
	}
	return out
}

// ImportCounts writes the summary of an import.
func ImportCounts(s gitops.Summary, planned bool) Line {
	switch {
	case s.Changed() == 0:
		return countLine(s, planned)
	case planned:
		return Line{{fmt.Sprintf("%d to import", s.Changed()), Created}}
	}
	return Line{{fmt.Sprintf("%d imported", s.Changed()), Created}}
}

// counts writes a summary of a stack. A refresh brings the state up to what the
// cloud is, and an import creates nothing, so their words are other ones.
func (d Document) counts(s gitops.Summary) Line {
	if d.Verb == Import {
		return ImportCounts(s, d.planned())
	}
	if d.Verb != Drift && d.Verb != Refresh || s.Changed() == 0 {
		return countLine(s, d.planned())
	}
	var out Line
	add := func(n int, words string, style Style) {
		if n == 0 {
			return
		}
		if len(out) > 0 {
			out = append(out, Span{", ", Normal})
		}
		out = append(out, Span{fmt.Sprintf("%d %s", n, words), style})
	}
	add(s.Update+s.Replace, "changed outside", Updated)
	add(s.Delete, "gone", Deleted)
	add(s.Create, "found", Created)
	return out
}

// title returns the noun of the verb, for the summary line.
func (d Document) title() string {
	name := map[Verb]string{Preview: "Preview", Up: "Update", Refresh: "Refresh", Destroy: "Destroy", Drift: "Drift", Import: "Import"}[d.Verb]
	if d.DryRun && d.Verb != Preview && d.Verb != Drift {
		return "Preview of " + strings.ToLower(name)
	}
	return name
}

// ReasonText writes why a stack is part of a review.
func ReasonText(r gitops.Reason) string {
	detail := Clean(r.Detail)
	switch {
	case detail == "":
		return Clean(r.Kind)
	case isSentence(r):
		return detail
	}
	return Clean(r.Kind) + " " + detail
}

// isSentence tells whether the detail of a reason says it all: "new in this
// revision".
func isSentence(r gitops.Reason) bool {
	return slices.Contains([]string{"added", "removed", "unknown", "asked"}, r.Kind)
}

func reasonsText(rs []gitops.Reason) string {
	parts := make([]string, 0, len(rs))
	for _, r := range rs {
		parts = append(parts, ReasonText(r))
	}
	return strings.Join(parts, "; ")
}

func stackNames(ids []gitops.StackID) string {
	parts := make([]string, 0, len(ids))
	for _, id := range ids {
		parts = append(parts, id.String())
	}
	return strings.Join(parts, ", ")
}
