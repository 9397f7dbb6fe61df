package rollout

import (
	"cmp"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Plan is the order of the runs of some stacks. The zero Plan has none.
type Plan struct {
	// Waves holds the stacks in order. Each wave needs only earlier ones.
	Waves [][]gitops.StackID
	// before holds, for each stack, what must have succeeded before it starts.
	before map[gitops.StackID][]cause
	// reverse tells that dependents come first.
	reverse bool
}

// cause is one stack that must come first, and whether that is because of a
// need or of the order of environments.
type cause struct {
	id      gitops.StackID
	promote bool
}

// Options changes how a Plan is made.
type Options struct {
	// Reverse turns the order round: dependents first, as a destroy needs it.
	Reverse bool
	// Promote makes an environment wait for those it comes after. Previews do
	// not: they change nothing.
	Promote bool
}

// New orders the given stacks. Needs hold within one environment, and also
// through stacks that are not among those given. A stack without a definition
// (one that the revision removes) needs nothing.
func New(defs []Definition, envs []Environment, stacks []gitops.StackID, o Options) (*Plan, error) {
	if _, err := Waves(defs); err != nil {
		return nil, err
	}
	rank, after, err := promotion(envs)
	if err != nil {
		return nil, err
	}
	p := &Plan{before: map[gitops.StackID][]cause{}, reverse: o.Reverse}
	upstream := closure(defs)
	for _, s := range stacks {
		p.before[s] = nil
	}
	for from := range p.before {
		for to := range p.before {
			c, ok := cause{}, false
			switch {
			case from.Environment == to.Environment:
				ok = upstream[from.Name][to.Name]
			case o.Promote:
				c.promote, ok = true, after[from.Environment][to.Environment]
			}
			if ok && o.Reverse {
				c.id = from
				p.before[to] = append(p.before[to], c)
			} else if ok {
				c.id = to
				p.before[from] = append(p.before[from], c)
			}
		}
	}
	p.order(rank)
	return p, nil
}

// order fills Waves, and sorts the causes so that the nearest comes first.
func (p *Plan) order(rank map[string]int) {
	compare := func(a, b gitops.StackID) int {
		return cmp.Or(cmp.Compare(rank[a.Environment], rank[b.Environment]), a.Compare(b))
	}
	needs := make(map[gitops.StackID][]gitops.StackID, len(p.before))
	for id, causes := range p.before {
		needs[id] = nil
		for _, c := range causes {
			needs[id] = append(needs[id], c.id)
		}
	}
	p.Waves, _ = kahn(needs, compare)
	depth := map[gitops.StackID]int{}
	for i, wave := range p.Waves {
		for _, id := range wave {
			depth[id] = i
		}
	}
	for _, causes := range p.before {
		slices.SortFunc(causes, func(a, b cause) int {
			return cmp.Or(cmp.Compare(depth[a.id], depth[b.id]), compare(a.id, b.id))
		})
	}
}

// Stacks returns the stacks in the order of the waves.
func (p *Plan) Stacks() []gitops.StackID { return slices.Concat(p.Waves...) }

// promotion orders environments: their place in the order, and for each those
// that come before it, directly or through others.
func promotion(envs []Environment) (rank map[string]int, after map[string]map[string]bool, err error) {
	defs := make([]Definition, 0, len(envs))
	known := map[string]bool{}
	for _, e := range envs {
		known[e.Name] = true
	}
	needs := map[string][]string{}
	for _, e := range envs {
		d := Definition{Name: e.Name}
		for _, a := range e.After {
			if !known[a] {
				return nil, nil, gitops.Errorf(gitops.Invalid, "environment %q comes after %q, which does not exist", e.Name, a)
			}
			d.Needs = append(d.Needs, a)
		}
		needs[e.Name] = d.Needs
		defs = append(defs, d)
	}
	place := func(a, b string) int {
		at := func(n string) int { return slices.IndexFunc(envs, func(e Environment) bool { return e.Name == n }) }
		return cmp.Compare(at(a), at(b))
	}
	waves, rest := kahn(needs, place)
	if len(rest) > 0 {
		return nil, nil, cycleError("environments come after each other in a circle: ", needs, rest)
	}
	rank = map[string]int{}
	for i, name := range slices.Concat(waves...) {
		rank[name] = i
	}
	return rank, closure(defs), nil
}

// EnvironmentOrder returns the names in order of promotion; those at the same
// place keep the order in which they were given.
func EnvironmentOrder(envs []Environment) ([]string, error) {
	rank, _, err := promotion(envs)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(rank))
	for name := range rank {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
	return names, nil
}

// closure returns for each definition all that it needs, directly or through
// others. The needs must have no cycle.
func closure(defs []Definition) map[string]map[string]bool {
	direct := make(map[string][]string, len(defs))
	for _, d := range defs {
		direct[d.Name] = d.Needs
	}
	all := make(map[string]map[string]bool, len(defs))
	var visit func(name string) map[string]bool
	visit = func(name string) map[string]bool {
		if got, ok := all[name]; ok {
			return got
		}
		set := map[string]bool{}
		for _, n := range direct[name] {
			set[n] = true
			for far := range visit(n) {
				set[far] = true
			}
		}
		all[name] = set
		return set
	}
	for _, d := range defs {
		visit(d.Name)
	}
	return all
}
