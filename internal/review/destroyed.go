package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/stateful"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// danger is a change by which something is lost, in every stack where it is the
// same.
type danger struct {
	stacks []gitops.StackID
	gitops.Change
	perhaps bool
}

// HoldsData tells whether resources of the type keep data that is lost with
// them.
func HoldsData(typ string) bool { return stateful.Type(typ) }

// fullDangers is how many are told at length.
const fullDangers = 20

// dangers lists what the document destroys: what holds data first, then
// production before dev.
func dangers(d Document) []danger {
	var data, rest []danger
	place := map[string]int{}
	runs := d.sorted()
	slices.Reverse(runs)
	for _, r := range runs {
		for _, ch := range r.Changes.Changes {
			if !ch.Op.IsDestructive() || ch.Failed {
				continue
			}
			list := &rest
			if HoldsData(ch.Type) {
				list = &data
			}
			x := danger{[]gitops.StackID{r.Stack}, ch, d.MayReplace(r, ch)}
			key := x.key()
			if at, ok := place[key]; ok {
				(*list)[at].stacks = append((*list)[at].stacks, r.Stack)
				continue
			}
			place[key] = len(*list)
			*list = append(*list, x)
		}
	}
	return append(data, rest...)
}

// key is the same for changes that are told in the same words.
func (x danger) key() string {
	parts := append([]string{x.verb(true), x.Type, x.Name, x.Source}, consequences(x.Change)...)
	for _, leaf := range cause(x.Change) {
		parts = append(parts, leaf.Path, valueText(leaf.Old), valueText(leaf.New))
	}
	return strings.Join(parts, "\x00")
}

// cause says why a resource is replaced: the values of the properties that
// force it, or their names.
func cause(ch gitops.Change) []Leaf {
	var out []Leaf
	for _, p := range ch.Diff {
		if p.ForcesReplace() {
			out = append(out, Leaves(p)...)
		}
	}
	if len(out) > 0 || ch.Op != gitops.OpReplace {
		return out
	}
	for _, k := range ch.ReplaceKeys {
		out = append(out, Leaf{Path: k, Forces: true})
	}
	return out
}

// destroyed is the block of what is deleted and replaced.
func (v *view) destroyed(t tier) string {
	if len(v.dangers) == 0 {
		return ""
	}
	var lines []string
	switch t.danger {
	case dangerGrouped, dangerNames:
		lines = v.groupedDangers(v.dangers, t.danger == dangerGrouped)
	case dangerTop, dangerFew:
		limit := map[dangerRule]int{dangerTop: 20, dangerFew: 3}[t.danger]
		for i, x := range v.dangers {
			if i == limit {
				lines = append(lines, "- and "+plural(len(v.dangers)-i, "more resource", "more resources")+" deleted or replaced")
				break
			}
			lines = append(lines, "- "+v.dangerLine(x, false))
		}
	default:
		grave, light := apartDangers(v.dangers)
		for i, x := range grave {
			lines = append(lines, "- "+v.dangerLine(x, t.danger == dangerFull && i < fullDangers))
		}
		lines = append(lines, v.groupedDangers(light, true)...)
	}
	return v.alert("CAUTION", "**"+v.lossTitle()+"**\n", lines)
}

// apartDangers takes out the deletions of which nothing more is to be said, when
// they are many: most are the parts of something that is deleted as a whole.
func apartDangers(list []danger) (grave, light []danger) {
	const few = 4
	for _, x := range list {
		if x.Op == gitops.OpDelete && !HoldsData(x.Type) && len(consequences(x.Change)) == 0 {
			light = append(light, x)
		} else {
			grave = append(grave, x)
		}
	}
	if len(light) <= few {
		return list, nil
	}
	return grave, light
}

// lossTitle counts what is lost.
func (v *view) lossTitle() string {
	n, data, open := 0, 0, 0
	for _, x := range v.dangers {
		n += len(x.stacks)
		if x.perhaps {
			open += len(x.stacks)
		}
		if HoldsData(x.Type) && !(x.Retained && x.Op == gitops.OpDelete) {
			data += len(x.stacks)
		}
	}
	out := plural(n, "resource is", "resources are") + " deleted or replaced"
	switch {
	case !v.planned():
		out = plural(n, "resource was", "resources were") + " deleted or replaced"
	case open == n:
		out = plural(n, "resource", "resources") + " may be replaced: it depends on values that are known after update"
	case open > 0:
		out += fmt.Sprintf(", %d of them depending on values that are known after update", open)
	}
	switch {
	case data > 0 && n == 1:
		out += " and holds data"
	case data > 0 && data == n:
		out += ", all of them hold data"
	case data > 0:
		out += ", " + plural(data, "of them holds data", "of them hold data")
	}
	return out
}

// dangerLine says what is lost and why; at length also where and what that
// means.
func (v *view) dangerLine(x danger, long bool) string {
	out := boldStacks(x.stacks) + " " + x.verb(v.planned()) + " " + codeSpan(shorten(x.Type+" "+x.Name, 160))
	for i, leaf := range cause(x.Change) {
		if i == 3 || i == 1 && !long {
			out += ", …"
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text := leaf.Path
		if long && (leaf.Old != nil || leaf.New != nil) {
			text = leafText(leaf, 60)
		}
		out += sep + codeSpan(shorten(text, 160))
	}
	if !long {
		if HoldsData(x.Type) {
			out += " (holds data)"
		}
		return out
	}
	if x.Source != "" {
		out += " · " + v.place(x.Source)
	}
	if means := consequences(x.Change); len(means) > 0 {
		if HoldsData(x.Type) {
			means[0] = "**holds data:** " + prose(means[0])
		} else {
			means[0] = prose(means[0])
		}
		for i := 1; i < len(means); i++ {
			means[i] = prose(means[i])
		}
		out += "\\\n  " + strings.Join(means, "; ")
	}
	return out
}

// verb says what happens to the resource.
func (x danger) verb(planned bool) string {
	switch {
	case x.Op == gitops.OpDelete && planned:
		return "deletes"
	case x.Op == gitops.OpDelete:
		return "deleted"
	case planned && x.perhaps:
		return "may replace"
	case planned:
		return "replaces"
	}
	return "replaced"
}

// groupedDangers names what is lost, one line for each set of stacks; with types
// or, where even that is too long, without.
func (v *view) groupedDangers(dangers []danger, types bool) []string {
	type line struct {
		stacks string
		parts  []string
		names  map[string][]string
	}
	var lines []*line
	byStacks := map[string]*line{}
	for _, x := range dangers {
		stacks := boldStacks(x.stacks)
		l := byStacks[stacks]
		if l == nil {
			l = &line{stacks: stacks, names: map[string][]string{}}
			byStacks[stacks] = l
			lines = append(lines, l)
		}
		part := x.verb(v.planned())
		if HoldsData(x.Type) {
			part += " (holds data)"
		}
		name := Clean(shorten(x.Name, 60))
		if types {
			name = shortType(shorten(x.Type, 100)) + " " + name
		}
		if l.names[part] == nil {
			l.parts = append(l.parts, part)
		}
		l.names[part] = append(l.names[part], name)
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		for j, p := range l.parts {
			l.parts[j] = p + " " + codeSpan(strings.Join(l.names[p], ", "))
		}
		out[i] = "- " + l.stacks + " " + strings.Join(l.parts, "; ")
	}
	return out
}

// boldStacks names stacks: those of one name in several environments once.
func boldStacks(ids []gitops.StackID) string {
	parts := make([]string, 0, len(ids))
	for _, id := range ids {
		parts = append(parts, "**"+prose(shorten(id.String(), 120))+"**")
	}
	return strings.Join(parts, ", ")
}

func leafText(leaf Leaf, limit int) string {
	leaf.Forces = false
	leaf.Path = shorten(leaf.Path, 100)
	return leaf.Line(limit).String()
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
