package review

import (
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// AffectedText lists the stacks that a change touches, each with its reasons, and
// below them with its mark, if it has one.
func AffectedText(base, head gitops.Revision, stacks []gitops.Affected, unaffected []gitops.StackID, marks map[gitops.StackID]string) []Line {
	var out []Line
	width := 0
	for _, s := range stacks {
		width = max(width, len(s.String()))
	}
	for _, s := range stacks {
		for i, r := range s.Reasons {
			name := Span{padRight(s.String(), width), Strong}
			if i > 0 {
				name = Span{strings.Repeat(" ", width), Normal}
			}
			out = append(out, Line{name, {"  " + ReasonText(r), Faint}})
		}
		if len(s.Reasons) == 0 {
			out = append(out, Line{{s.String(), Strong}})
		}
		if mark := marks[s.StackID]; mark != "" {
			out = append(out, Line{{strings.Repeat(" ", width) + "  ", Normal}, {Clean(mark), Normal}})
		}
	}
	if len(out) > 0 {
		out = append(out, Line{})
	}
	return append(out, Line{
		{"Affected", Strong},
		{fmt.Sprintf("  %d of %s", len(stacks), plural(len(stacks)+len(unaffected), "stack", "stacks")), Normal},
		{"  " + base.Short() + ".." + head.Short(), Faint},
	})
}
