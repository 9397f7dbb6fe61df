package record

import (
	"cmp"
	"slices"
	"strings"
)

// matching says which resource of the base a resource of the head is, by URN.
type matching map[string]string

// match finds for each resource of head the one of base that an update would take
// for it: the one of the same URN, or of an alias. The rules are those of the
// engine (generateAliases in pulumi/pkg/v3/resource/deploy/step_generator.go).
func match(base, head []Resource) matching {
	there, taken, now := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range base {
		there[r.URN] = true
	}
	out := matching{}
	for _, r := range head {
		now[r.URN] = true
		if there[r.URN] {
			out[r.URN], taken[r.URN] = r.URN, true
		}
	}
	for _, r := range parentsFirst(head) {
		if out[r.URN] != "" {
			continue
		}
		for _, urn := range out.aliases(r) {
			if there[urn] && !taken[urn] && !now[urn] {
				out[r.URN], taken[urn] = urn, true
				break
			}
		}
	}
	return out
}

// aliases are the URNs that a resource had, those that its parents' names made
// included.
func (m matching) aliases(r Resource) []string {
	var own []string
	for _, a := range r.Aliases {
		own = append(own, m.collapse(r, a))
	}
	was, renamed := m[r.Parent]
	if !renamed || was == r.Parent {
		return own
	}
	out := append(own, inherited(r.Type, r.Name, r.Parent, was))
	for _, urn := range own {
		out = append(out, inherited(typeOf(urn), nameOf(urn), r.Parent, was))
	}
	return out
}

// collapse completes an alias with what the resource is now.
func (m matching) collapse(r Resource, a Alias) string {
	if a.URN != "" {
		return a.URN
	}
	parent := cmp.Or(a.Parent, r.Parent)
	if was := m[a.Parent]; was != "" {
		parent = was
	}
	if a.NoParent {
		parent = ""
	}
	stack := part(r.URN, 0)
	if a.Stack != "" {
		stack = "urn:pulumi:" + a.Stack
	}
	return urnOf(stack, cmp.Or(a.Project, part(r.URN, 1)), parent, cmp.Or(a.Type, r.Type), cmp.Or(a.Name, r.Name))
}

// inherited is the URN that a child had while its parent was called was. A name
// that begins with the parent's follows it.
func inherited(typ, name, parent, was string) string {
	if rest, ok := strings.CutPrefix(name, nameOf(parent)); ok {
		name = nameOf(was) + rest
	}
	return urnOf(part(was, 0), part(was, 1), was, typ, name)
}

// parentsFirst orders resources so that each comes after its parent.
func parentsFirst(list []Resource) []Resource {
	byURN := make(map[string]Resource, len(list))
	for _, r := range list {
		byURN[r.URN] = r
	}
	depths := make(map[string]int, len(list))
	var depth func(urn string) int
	depth = func(urn string) int {
		r, registered := byURN[urn]
		if d, known := depths[urn]; known || !registered {
			return d
		}
		depths[urn] = 0 // ends a circle of parents
		depths[urn] = depth(r.Parent) + 1
		return depths[urn]
	}
	for _, r := range list {
		depth(r.URN)
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(depths[a.URN], depths[b.URN]), cmp.Compare(a.URN, b.URN))
	})
	return out
}

// of returns the URN that a resource of the head has in the base.
func (m matching) of(urn string) string { return cmp.Or(m[urn], urn) }

// renames returns what writes the texts of the head with the names of the base,
// and nil when nothing was renamed.
func (m matching) renames() *strings.Replacer {
	var pairs []string
	for _, now := range sorted(m) {
		if was := m[now]; was != now {
			pairs = append(pairs, ofResource(now), ofResource(was))
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return strings.NewReplacer(pairs...)
}
