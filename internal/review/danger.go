package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/stateful"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// HoldsData tells whether resources of the type keep data that is lost with
// them.
func HoldsData(typ string) bool { return stateful.Type(typ) }

// danger is a change by which something is lost.
type danger struct {
	stack gitops.StackID
	gitops.Change
}

// dangers lists what the document destroys: what holds data first, then
// production before dev.
func dangers(d Document) []danger {
	var data, rest []danger
	runs := d.sorted()
	slices.Reverse(runs)
	for _, r := range runs {
		for _, ch := range r.Changes.Changes {
			switch {
			case !ch.Op.IsDestructive():
			case HoldsData(ch.Type):
				data = append(data, danger{r.Stack, ch})
			default:
				rest = append(rest, danger{r.Stack, ch})
			}
		}
	}
	return append(data, rest...)
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

// renames finds pairs that look like one resource under a new name: exactly
// one deleted and one created of a type under one parent.
func renames(set gitops.ChangeSet) []string {
	type place struct{ typ, parent string }
	created, deleted := map[place][]string{}, map[place][]string{}
	var order []place
	for _, ch := range set.Changes {
		at := place{ch.Type, ch.Parent}
		switch ch.Op {
		case gitops.OpCreate:
			created[at] = append(created[at], ch.Name)
		case gitops.OpDelete:
			if len(deleted[at]) == 0 {
				order = append(order, at)
			}
			deleted[at] = append(deleted[at], ch.Name)
		}
	}
	var out []string
	for _, at := range order {
		if len(created[at]) == 1 && len(deleted[at]) == 1 && strings.Contains(at.typ, "/") {
			out = append(out, fmt.Sprintf("if %s %s is only renamed to %s, an alias with the old name keeps it",
				Clean(at.typ), Clean(deleted[at][0]), Clean(created[at][0])))
		}
	}
	return out
}
