package review

import (
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// valueWidth is how much of a value is shown on a line of any width.
const valueWidth = 72

// leafLine writes the difference of one value on one line: path, values, and
// whether it forces a replacement.
func leafLine(leaf Leaf, limit int) Line {
	line := Line{{Clean(leaf.Path) + ": ", Normal}}
	switch leaf.Op {
	case gitops.OpCreate:
		line = append(line, Span{Value(leaf.New, limit), Created})
	case gitops.OpDelete:
		line = append(line, Span{Value(leaf.Old, limit), Deleted})
	default:
		line = append(line, Span{Value(leaf.Old, limit), Deleted}, Span{" => ", Faint}, Span{Value(leaf.New, limit), Created})
	}
	if leaf.Forces {
		line = append(line, Span{"  forces replacement", Replaced})
	}
	return line
}

// leaf lays a property out: on one line when it fits, else the path on one and
// the values on the next ones.
func (l *layout) leaf(r row) []Line {
	head := Line{{"      ", Normal}, {r.guide, Faint}, {leafMark(*r.leaf) + " ", opStyle(r.leaf.Op)}}
	line := l.ascii(append(head, leafLine(*r.leaf, valueWidth)...))
	if l.o.Width <= 0 || line.Width() <= l.o.Width {
		return []Line{line}
	}
	path := append(head, Span{Clean(r.leaf.Path), Normal})
	if r.leaf.Forces {
		path = append(path, Span{"  forces replacement", Replaced})
	}
	out := []Line{path}
	add := func(mark string, v any, style Style) {
		room := max(l.o.Width-head.Width()-5, 12)
		out = append(out, Line{{"      ", Normal}, {r.guide, Faint}, {mark, Faint}, {Value(v, room), style}})
	}
	switch r.leaf.Op {
	case gitops.OpCreate:
		add("     ", r.leaf.New, Created)
	case gitops.OpDelete:
		add("     ", r.leaf.Old, Deleted)
	default:
		add("     ", r.leaf.Old, Deleted)
		add("  => ", r.leaf.New, Created)
	}
	for i := range out {
		out[i] = l.ascii(out[i]).Fit(l.o.Width, l.o.ASCII)
	}
	return out
}

func leafMark(leaf Leaf) string { return strings.TrimSpace(leaf.Op.Symbol()) }
