package review

import (
	"cmp"
	"fmt"
	"slices"
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

// Compared is how the resources differ that the two programs of a stack register.
type Compared struct {
	// Summary says it in a few words.
	Summary string
	Changes []gitops.Change
	Outputs []gitops.PropertyChange
}

// AffectedText lists the stacks that a change touches, each with its reasons and
// the way to them, and below them with its resources that differ, where somebody
// has compared them.
func AffectedText(a Affected, compared map[gitops.StackID]Compared) []Line {
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
		for _, line := range compared[s.StackID].lines() {
			out = append(out, append(Line{indent, {"  ", Normal}}, line...))
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

// The most that is listed of a stack, and of a resource.
const (
	mostCompared   = 20
	mostProperties = 8
)

// lines are the words, and below them what is added, changed and removed.
func (c Compared) lines() []Line {
	var out []Line
	if c.Summary != "" {
		out = append(out, Line{{Clean(c.Summary), Normal}})
	}
	changes := slices.SortedStableFunc(slices.Values(c.Changes), func(a, b gitops.Change) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	for i, ch := range changes {
		if i == mostCompared {
			out = append(out, Line{{fmt.Sprintf("  and %d more; -o json lists them", len(changes)-i), Faint}})
			break
		}
		line := Line{{"  " + ch.Op.Symbol() + " ", opStyle(ch.Op)}, {Clean(ch.Type + " " + ch.Name), Normal}}
		if ch.Op == gitops.OpUpdate {
			line = append(line, Span{": " + properties(ch.Diff), Normal})
		}
		if ch.Source != "" {
			line = append(line, Span{"  " + Clean(ch.Source), Faint})
		}
		out = append(out, line)
	}
	if len(c.Outputs) > 0 {
		out = append(out, Line{{"  outputs: " + properties(c.Outputs), Normal}})
	}
	return out
}

// properties names what differs, the first few of it.
func properties(diff []gitops.PropertyChange) string {
	var names []string
	for _, p := range diff {
		if name := Clean(p.Path); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - mostProperties; more > 0 {
		names = append(names[:mostProperties], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
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
