package review

import (
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Affected is what `trunkline affected` tells.
type Affected struct {
	// Base is what was asked for, Against the commit that was compared with; the
	// zero value is Base.
	Base, Against, Head gitops.Revision
	Stacks              []gitops.Affected
	// Unaffected are the other stacks of the head.
	Unaffected []gitops.StackID
}

// AffectedText lists the stacks that a change touches, each with its reasons and
// the way to them, and below them with its mark, if it has one.
func AffectedText(a Affected, marks map[gitops.StackID]string) []Line {
	var out []Line
	width := 0
	for _, s := range a.Stacks {
		width = max(width, len(s.String()))
	}
	indent := Span{strings.Repeat(" ", width), Normal}
	for _, s := range a.Stacks {
		for i, r := range s.Reasons {
			name := Span{padRight(s.String(), width), Strong}
			if i > 0 {
				name = indent
			}
			out = append(out, Line{name, {"  " + ReasonText(r), Faint}})
			if len(r.Chain) > 0 {
				out = append(out, Line{indent, {"    " + Clean(strings.Join(r.Chain, " → ")), Normal}})
			}
		}
		if len(s.Reasons) == 0 {
			out = append(out, Line{{s.String(), Strong}})
		}
		if mark := marks[s.StackID]; mark != "" {
			out = append(out, Line{indent, {"  " + Clean(mark), Normal}})
		}
	}
	if len(out) > 0 {
		out = append(out, Line{})
	}
	return append(out, Line{
		{"Affected", Strong},
		{fmt.Sprintf("  %d of %s", len(a.Stacks), plural(len(a.Stacks)+len(a.Unaffected), "stack", "stacks")), Normal},
		{"  " + a.between(), Faint},
	})
}

// between names the two revisions that were compared.
func (a Affected) between() string {
	from := a.Against.Short()
	if a.Against.SHA == "" {
		from = a.Base.Short()
	}
	if from == "" { // it does not exist
		from = Clean(a.Base.Ref)
	}
	return from + ".." + a.Head.Short()
}
