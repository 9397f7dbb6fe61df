package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// longestLine is how much of a line of a diff is shown, in characters.
const longestLine = 320

// changeLines is the change tree of a stack in the form that forges colour: the
// sign leads the line. What many resources share follows the tree, once.
func (v *view) changeLines(set gitops.ChangeSet, l level) []string {
	switch l {
	case noLevel:
		return nil
	case briefLevel:
		return briefLines(set.Changes)
	}
	rest, shared := foldChanges(set, v.hash)
	show := map[level]detail{fullLevel: changeProperties, riskyLevel: riskyProperties, plainLevel: noProperties}[l]
	out := v.plainRows(rest, show)
	for _, same := range shared {
		out = append(out, shorten("~   "+sharedText(same), longestLine))
		if !show.shows(gitops.OpUpdate) {
			continue
		}
		for _, r := range propertyRows(same[0], "   ") {
			out = append(out, diffLine(r))
		}
	}
	return out
}

// plainRows are the rows of the tree as lines of a diff.
func (v *view) plainRows(set gitops.ChangeSet, show detail) []string {
	var out []string
	for _, r := range rows(set, treeOptions{detail: show}) {
		out = append(out, diffLine(r))
	}
	return out
}

func diffLine(r row) string {
	if r.leaf != nil {
		sign := map[gitops.Op]string{gitops.OpCreate: "+", gitops.OpDelete: "-"}[r.leaf.Op]
		if sign == "" {
			sign = "!"
		}
		leaf := *r.leaf
		leaf.Path = shorten(leaf.Path, 160)
		return shorten(sign+"   "+r.guide+leaf.Line(valueWidth).String(), longestLine)
	}
	text := padRight(r.mark, 3) + " " + r.guide + r.text.String()
	if r.note != "" {
		text += "  " + r.note
	}
	text = shorten(text, longestLine)
	if r.right != "" {
		text += "  " + shorten(r.right, 160)
	}
	return strings.TrimRight(text, " ")
}

// sharedText names the resources that change in the same way.
func sharedText(same together) string {
	var types, names []string
	count := map[string]int{}
	for _, ch := range same {
		if count[ch.Type] == 0 {
			types = append(types, ch.Type)
		}
		count[ch.Type]++
		names = append(names, Clean(shorten(ch.Name, 80)))
	}
	what := fmt.Sprintf("%d × %s", len(same), Clean(types[0]))
	if len(types) > 1 {
		slices.Sort(types)
		for i, t := range types {
			types[i] = fmt.Sprintf("%d × %s", count[t], Clean(t))
		}
		what = fmt.Sprintf("%d resources (%s)", len(same), strings.Join(most(types, 5), ", "))
	}
	return what + ", the same change: " + nameList(names)
}

// nameList names some, and counts the rest.
func nameList(names []string) string {
	const few = 8
	if len(names) <= few+1 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
}

// briefLines counts the changes by operation and type, what is lost first.
func briefLines(changes []gitops.Change) []string {
	type group struct {
		op    gitops.Op
		typ   string
		names []string
	}
	var groups []*group
	byKey := map[string]*group{}
	for _, ch := range changes {
		if ch.Op == gitops.OpSame {
			continue
		}
		key := string(ch.Op) + "\x00" + ch.Type
		g := byKey[key]
		if g == nil {
			g = &group{op: ch.Op, typ: ch.Type}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.names = append(g.names, Clean(shorten(ch.Name, 40)))
	}
	order := []gitops.Op{gitops.OpDelete, gitops.OpReplace, gitops.OpForget, gitops.OpUpdate, gitops.OpRefresh, gitops.OpCreate, gitops.OpImport, gitops.OpRead}
	slices.SortStableFunc(groups, func(a, b *group) int {
		if n := slices.Index(order, a.op) - slices.Index(order, b.op); n != 0 {
			return n
		}
		return strings.Compare(a.typ, b.typ)
	})
	var out []string
	for _, g := range groups {
		names := g.names
		if len(names) > 4 {
			names = append(slices.Clone(names[:3]), fmt.Sprintf("and %d more", len(names)-3))
		}
		count := ""
		if len(g.names) > 1 {
			count = fmt.Sprintf("%d × ", len(g.names))
		}
		out = append(out, padRight(strings.TrimSpace(g.op.Symbol()), 3)+" "+count+Clean(shorten(g.typ, 100))+"  "+strings.Join(names, ", "))
	}
	return out
}
