package review

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// MayReplace tells whether a change of the run is a replacement that happens only
// if values differ that nobody knows before the update. A preview takes every unknown value for
// another one. It is another one when it comes from something that is created or
// replaced itself; it may well be the same when, say, a list of an upstream stack
// only gets longer.
func (d Document) MayReplace(r gitops.RunResult, ch gitops.Change) bool {
	why := cause(ch)
	if ch.Op != gitops.OpReplace || len(why) == 0 {
		return false
	}
	return !slices.ContainsFunc(why, func(leaf Leaf) bool {
		open := leaf.Op == gitops.OpUpdate && leaf.New == gitops.Unknown && len(leaf.From) > 0
		return !open || slices.ContainsFunc(leaf.From, func(from string) bool { return renews(d, r, from) })
	})
}

// onlyPerhaps tells that no replacement is certain before the update.
func (v *view) onlyPerhaps() bool {
	return v.planned() && !slices.ContainsFunc(v.dangers, func(x danger) bool { return x.Op == gitops.OpReplace && !x.perhaps })
}

// renews tells whether what a value comes from, in the words of
// gitops.PropertyChange.From, gives it another value for sure, or nothing is known
// about it.
func renews(d Document, r gitops.RunResult, from string) bool {
	for _, up := range d.Stacks {
		if up.Stack.Environment == r.Stack.Environment && up.Stack.Name == from {
			return up.Err != nil || slices.ContainsFunc(up.Changes.Changes, func(ch gitops.Change) bool { return ch.Op.IsDestructive() })
		}
	}
	typ, name, _ := strings.Cut(from, " ")
	updated := false // resources below different parents may have the same type and name
	for _, ch := range r.Changes.Changes {
		if ch.Type == typ && ch.Name == name {
			if ch.Op != gitops.OpUpdate {
				return true
			}
			updated = true
		}
	}
	return !updated
}
