package review

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// node is a resource in the tree of components. A resource that does not
// change stands in it only when something below it does.
type node struct {
	change   gitops.Change
	children []*node
}

const stackType = "pulumi:pulumi:Stack"

// tree nests changes below their parents. Parents that do not change are put
// in from what their URN says.
func tree(changes []gitops.Change, showSame bool) []*node {
	var all, roots []*node
	byURN := map[string]*node{}
	for _, ch := range changes {
		if ch.Op == gitops.OpSame && !showSame {
			continue
		}
		n := &node{change: ch}
		all = append(all, n)
		if byURN[ch.URN] == nil {
			byURN[ch.URN] = n
		}
	}
	for _, n := range all {
		typ, name := urnParts(n.change.Parent)
		if n.change.Parent == "" || typ == stackType {
			roots = append(roots, n)
			continue
		}
		parent := byURN[n.change.Parent]
		if parent == nil {
			parent = &node{change: gitops.Change{URN: n.change.Parent, Type: typ, Name: name, Op: gitops.OpSame}}
			byURN[n.change.Parent] = parent
			roots = append(roots, parent)
		}
		parent.children = append(parent.children, n)
	}
	roots = reachable(roots, all)
	for _, r := range roots {
		hoist(r)
	}
	return roots
}

// reachable adds to the roots what hangs in a circle of parents, which only a
// damaged state can contain: a change is never lost from view.
func reachable(roots, all []*node) []*node {
	seen := map[*node]bool{}
	var visit func(n *node)
	visit = func(n *node) {
		seen[n] = true
		n.children = slices.DeleteFunc(n.children, func(c *node) bool { return seen[c] })
		for _, c := range n.children {
			visit(c)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	for _, n := range all {
		if !seen[n] {
			roots = append(roots, n)
			visit(n)
		}
	}
	return roots
}

// hoist gives a component that does not change the place that all below it
// share: the line of the stack that made the component.
func hoist(n *node) {
	for _, c := range n.children {
		hoist(c)
	}
	if n.change.Source != "" || len(n.children) == 0 {
		return
	}
	place := n.children[0].change.Source
	if !slices.ContainsFunc(n.children, func(c *node) bool { return c.change.Source != place }) {
		n.change.Source = place
	}
}

// urnParts returns the type (without those of its parents) and the name in a
// URN: urn:pulumi:<stack>::<project>::<type>$<type>::<name>.
func urnParts(urn string) (typ, name string) {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return "", urn
	}
	typ = parts[2]
	if i := strings.LastIndexByte(typ, '$'); i >= 0 {
		typ = typ[i+1:]
	}
	return typ, parts[3]
}

// detail says for which changes properties are shown.
type detail int

const (
	noProperties     detail = iota // resources only
	riskyProperties                // of deletes and replacements
	changeProperties               // of whatever exists before and after
	allProperties                  // of created and deleted resources too
)

func (d detail) shows(op gitops.Op) bool {
	switch op {
	case gitops.OpReplace:
		return d >= riskyProperties
	case gitops.OpUpdate, gitops.OpRefresh, gitops.OpImport:
		return d >= changeProperties
	}
	return d >= allProperties
}

// row is one line of a change tree before it is laid out.
type row struct {
	mark  string
	style Style
	// guide are the lines of the tree in front.
	guide string
	text  Line
	short Line   // the same for narrow places
	note  string // why, after the text
	right string // where it is declared
	// leaf is set for a property.
	leaf *Leaf
}

type treeOptions struct {
	ascii, same bool
	detail      detail
}

// rows flattens the tree of a change set into lines.
func rows(set gitops.ChangeSet, o treeOptions) []row {
	var out []row
	for _, n := range tree(set.Changes, o.same) {
		out = append(out, nodeRows(n, "", "", "", o)...)
	}
	return out
}

// nodeRows renders n and what is below it. first leads n's own row, rest the
// rows below it; place is where the parent is declared.
func nodeRows(n *node, first, rest, place string, o treeOptions) []row {
	ch := n.change
	r := row{mark: strings.TrimSpace(ch.Op.Symbol()), style: opStyle(ch.Op), guide: first}
	r.text = Line{{Clean(ch.Type), Normal}, {"  ", Normal}, {Clean(ch.Name), Strong}}
	r.short = Line{{shortType(ch.Type), Normal}, {"  ", Normal}, {Clean(ch.Name), Strong}}
	r.note = opNote(ch)
	if ch.Source != place {
		r.right = Clean(ch.Source)
	}
	out := []row{r}
	if o.detail.shows(ch.Op) {
		bar := rest + "   "
		if len(n.children) > 0 {
			bar = rest + guides(o.ascii).through
		}
		out = append(out, propertyRows(ch, bar)...)
	}
	g := guides(o.ascii)
	for i, c := range n.children {
		head, tail := g.branch, g.through
		if i == len(n.children)-1 {
			head, tail = g.last, "   "
		}
		out = append(out, nodeRows(c, rest+head, rest+tail, ch.Source, o)...)
	}
	return out
}

type guideSet struct{ branch, last, through string }

func guides(ascii bool) guideSet {
	if ascii {
		return guideSet{"|- ", "`- ", "|  "}
	}
	return guideSet{"├─ ", "└─ ", "│  "}
}

func propertyRows(ch gitops.Change, guide string) []row {
	var out []row
	explained := map[string]bool{}
	for _, p := range ch.Diff {
		parts := Leaves(p)
		more := len(parts) - maxLeaves
		if more > 0 {
			parts = parts[:maxLeaves]
		}
		for _, leaf := range parts {
			out = append(out, row{guide: guide, leaf: &leaf})
		}
		if more > 0 {
			text := "… and " + plural(more, "more difference", "more differences") + " in " + Clean(p.Path)
			out = append(out, row{guide: guide, text: Line{{text, Faint}}})
		}
		if p.ForcesReplace() {
			explained[topKey(p.Path)] = true
		}
	}
	for _, k := range ch.ReplaceKeys {
		if !explained[topKey(k)] {
			text := Line{{Clean(k), Normal}, {"  forces replacement", Replaced}}
			out = append(out, row{guide: guide, text: text})
		}
	}
	return out
}

// topKey returns the first part of a property path.
func topKey(path string) string {
	if i := strings.IndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return path
}

// opNote says what the symbol of a change does not.
func opNote(ch gitops.Change) string {
	note := ""
	switch ch.Op {
	case gitops.OpImport:
		note = "imported"
	case gitops.OpForget:
		note = "forgotten, stays in the cloud"
	}
	if ch.Protected && ch.Op.IsDestructive() {
		note = "protected"
	}
	if ch.Failed {
		note = "failed"
	}
	return note
}

// shortType returns the last part of a type: Vpc for aws:ec2/vpc:Vpc.
func shortType(typ string) string { return Clean(typ[strings.LastIndexByte(typ, ':')+1:]) }

func opStyle(op gitops.Op) Style {
	switch op {
	case gitops.OpCreate, gitops.OpImport:
		return Created
	case gitops.OpUpdate, gitops.OpRefresh:
		return Updated
	case gitops.OpReplace:
		return Replaced
	case gitops.OpDelete, gitops.OpForget:
		return Deleted
	}
	return Faint
}
