package review

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// valueWidth is how much of a value is shown on a line of any width.
const valueWidth = 72

const forcesText = "forces replacement"

// Line writes the difference on one line: path, values shortened to about limit
// columns each, and whether it forces a replacement.
func (leaf Leaf) Line(limit int) Line {
	line := append(Line{{Clean(leaf.Path) + ": ", Normal}}, leafValues(leaf, limit)...)
	if leaf.Forces {
		line = append(line, Span{"  " + forcesText, Replaced})
	}
	return line
}

// leafValues writes "old => new", or the one value that there is.
func leafValues(leaf Leaf, limit int) Line {
	switch leaf.Op {
	case gitops.OpCreate:
		return Line{{leaf.newText(limit), Created}}
	case gitops.OpDelete:
		return Line{{Value(leaf.Old, limit), Deleted}}
	}
	return Line{{Value(leaf.Old, limit), Deleted}, {" => ", Faint}, {leaf.newText(limit), Created}}
}

// newText writes the new value; one that is not known yet with what it comes
// from.
func (leaf Leaf) newText(limit int) string {
	if leaf.New != gitops.Unknown {
		return Value(leaf.New, limit)
	}
	if len(leaf.From) == 0 {
		return "(known after update)"
	}
	from := make([]string, 0, len(leaf.From))
	for _, f := range leaf.From {
		from = append(from, Clean(shorten(f, 80)))
	}
	return "(known after update, from " + strings.Join(from, " and ") + ")"
}

// leaf lays a property out: on one line when it fits, else the path on one and
// the values below it.
func (l *layout) leaf(r row) []Line {
	indent := Line{{"      ", Normal}, {r.guide, Faint}}
	head := append(slices.Clone(indent), Span{leafMark(*r.leaf) + " ", opStyle(r.leaf.Op)})
	line := l.safe(append(slices.Clone(head), r.leaf.Line(valueWidth)...))
	if l.o.Width <= 0 || line.Width() <= l.o.Width {
		return []Line{line}
	}
	room := max(l.o.Width-head.Width()-2, 8)
	out := []Line{append(slices.Clone(head), Span{pathEnd(r.leaf.Path, room+1) + ":", Normal})}
	add := func(parts ...Span) {
		out = append(out, append(append(slices.Clone(indent), Span{"    ", Normal}), parts...))
	}
	if values := leafValues(*r.leaf, valueWidth); values.Width() <= room {
		add(values...)
	} else {
		if r.leaf.Op != gitops.OpCreate {
			add(Span{Value(r.leaf.Old, room), Deleted})
		}
		if r.leaf.Op == gitops.OpUpdate {
			add(Span{"=> ", Faint}, Span{r.leaf.newText(room - 3), Created})
		}
		if r.leaf.Op == gitops.OpCreate {
			add(Span{r.leaf.newText(room), Created})
		}
	}
	if r.leaf.Forces {
		add(Span{forcesText, Replaced})
	}
	for i := range out {
		out[i] = l.safe(out[i]).Fit(l.o.Width, l.o.ASCII)
	}
	return out
}

// pathEnd shortens a path from its start: the end says more.
func pathEnd(path string, limit int) string {
	path = Clean(path)
	if w := ansi.StringWidth(path); w > limit {
		return "…" + ansi.TruncateLeft(path, w-limit+1, "")
	}
	return path
}

func leafMark(leaf Leaf) string { return strings.TrimSpace(leaf.Op.Symbol()) }
