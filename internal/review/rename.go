package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// rename is a resource that is deleted and one that is created in its stead and
// looks like it: an alias would keep the first.
type rename struct {
	stacks   []gitops.StackID
	old, now gitops.Change
	// shared of all inputs are equal; all is 0 when the inputs are not known.
	shared, all int
}

// mostPairs bounds how many pairs of one type in one stack are compared.
const mostPairs = 2500

// renames finds the likely renames of a stack: of one type, the pairs that share
// most of their inputs; without inputs, the only pair under one parent. What is
// below a component that was renamed itself follows it and is not told.
func renames(set gitops.ChangeSet) []rename {
	created, deleted := map[string][]gitops.Change{}, map[string][]gitops.Change{}
	var types []string
	for _, ch := range set.Changes {
		switch ch.Op {
		case gitops.OpCreate:
			created[ch.Type] = append(created[ch.Type], ch)
		case gitops.OpDelete:
			if len(deleted[ch.Type]) == 0 {
				types = append(types, ch.Type)
			}
			deleted[ch.Type] = append(deleted[ch.Type], ch)
		}
	}
	var out []rename
	for _, typ := range types {
		if n := len(created[typ]) * len(deleted[typ]); n > 0 && n <= mostPairs {
			out = append(out, pairs(deleted[typ], created[typ])...)
		}
	}
	moved := map[string]string{}
	for _, r := range out {
		moved[r.old.URN] = r.now.URN
	}
	return slices.DeleteFunc(out, func(r rename) bool {
		to, ok := moved[r.old.Parent]
		return ok && to == r.now.Parent
	})
}

// pairs matches what is deleted with what is created, the most alike first, each
// once.
func pairs(deleted, created []gitops.Change) []rename {
	was, is := make([]map[string]string, len(deleted)), make([]map[string]string, len(created))
	for i, ch := range deleted {
		was[i] = inputs(ch)
	}
	for i, ch := range created {
		is[i] = inputs(ch)
	}
	var all []rename
	for i, old := range deleted {
		for j, now := range created {
			r := rename{stacks: nil, old: old, now: now}
			r.shared, r.all = alike(was[i], is[j])
			if likely(r, len(deleted) == 1 && len(created) == 1) {
				all = append(all, r)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b rename) int { return cmp.Compare(b.shared*max(a.all, 1), a.shared*max(b.all, 1)) })
	used := map[string]bool{}
	return slices.DeleteFunc(all, func(r rename) bool {
		taken := used[r.old.URN] || used[r.now.URN]
		if !taken {
			used[r.old.URN], used[r.now.URN] = true, true
		}
		return taken
	})
}

// likely tells whether a pair is worth a hint. One that keeps its name and moves
// to another parent needs fewer inputs in common.
func likely(r rename, only bool) bool {
	switch {
	case r.all == 0:
		return only && (r.old.Parent == r.now.Parent || r.old.Name == r.now.Name)
	case r.old.Name == r.now.Name:
		return r.shared*2 >= r.all
	}
	return r.shared >= 2 && r.shared*3 >= r.all*2 || only && r.old.Parent == r.now.Parent
}

// inputs are the inputs of a resource that is created or deleted, as text.
func inputs(ch gitops.Change) map[string]string {
	out := map[string]string{}
	for _, p := range ch.Diff {
		v := p.New
		if ch.Op == gitops.OpDelete {
			v = p.Old
		}
		if v != nil && !strings.HasPrefix(p.Path, "__") {
			out[p.Path] = valueText(v)
		}
	}
	return out
}

// alike counts the inputs that both have with the same value, and all that one
// of them has. Without inputs on a side nothing is known.
func alike(a, b map[string]string) (shared, all int) {
	if len(a) == 0 || len(b) == 0 {
		return 0, 0
	}
	all = len(b)
	for k, v := range a {
		w, there := b[k]
		switch {
		case !there:
			all++
		case w == gitops.Unknown: // nobody can tell
			all--
		case v == w:
			shared++
		}
	}
	return shared, all
}

// alias is the option that keeps the old resource, as Go.
func (r rename) alias() string {
	var fields []string
	if r.old.Name != r.now.Name {
		fields = append(fields, fmt.Sprintf("Name: pulumi.String(%q)", r.old.Name))
	}
	if r.old.Parent != r.now.Parent {
		if typ, _ := urnParts(r.old.Parent); r.old.Parent == "" || typ == stackType {
			fields = append(fields, "NoParent: pulumi.Bool(true)")
		} else {
			fields = append(fields, fmt.Sprintf("ParentURN: pulumi.URN(%q)", r.old.Parent))
		}
	}
	return "pulumi.Aliases([]pulumi.Alias{{" + strings.Join(fields, ", ") + "}})"
}

// finding says what it looks like, without the alias.
func (r rename) finding() string {
	what := "looks renamed to " + shorten(r.now.Name, 80)
	if r.old.Name == r.now.Name {
		what = "looks moved to another parent"
	}
	if r.all > 0 {
		what += fmt.Sprintf(" (%d of %s are the same)", r.shared, plural(r.all, "input", "inputs"))
	}
	return what
}
