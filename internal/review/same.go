package review

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// hasher tells what is the same without writing it out. Its sums compare within
// one document only.
type hasher struct{ seed maphash.Seed }

func (h hasher) mix(sum uint64, texts ...string) uint64 {
	for _, t := range texts {
		sum = sum*1099511628211 + maphash.String(h.seed, t)
	}
	return sum
}

// value sums up a plain JSON value; the order of keys does not count.
func (h hasher) value(v any) uint64 {
	switch c := v.(type) {
	case nil:
		return 1
	case string:
		return h.mix(2, c)
	case map[string]any:
		sum := uint64(3)
		for k, e := range c {
			sum += h.mix(h.value(e), k)
		}
		return sum
	case []any:
		sum := uint64(4)
		for _, e := range c {
			sum = sum*1099511628211 + h.value(e)
		}
		return sum
	case bool, float64:
		return maphash.Comparable(h.seed, c)
	}
	return h.mix(5, valueText(v))
}

// diff sums up the differences of a resource.
func (h hasher) diff(ps []gitops.PropertyChange) uint64 {
	sum := uint64(6)
	for _, p := range ps {
		sum = h.mix(sum, p.Path, p.Kind)
		sum = (sum*31+h.value(p.Old))*31 + h.value(p.New)
		sum = h.mix(sum, p.From...)
	}
	return sum
}

// run sums up what is shown of a run, so that runs which differ only in their
// stack and environment are equal.
func (h hasher) run(r gitops.RunResult) uint64 {
	sum := h.mix(7, string(r.State), r.Skipped, string(r.Operation))
	for _, u := range r.Upstream {
		sum = h.mix(sum, u.Name)
	}
	for _, d := range r.Diagnostics {
		sum = h.mix(sum, d.Severity, d.Message, inStack(d.URN))
	}
	if r.Err != nil {
		sum = h.mix(sum, r.Err.Error())
	}
	for _, ch := range r.Changes.Changes {
		sum = h.mix(sum, string(ch.Op), ch.Type, ch.Name, inStack(ch.URN), inStack(ch.Parent), ch.Source)
		sum = h.mix(sum, ch.ReplaceKeys...)
		sum = sum*31 + h.diff(ch.Diff)
		if ch.Protected {
			sum++
		}
	}
	return sum
}

// inStack returns the part of a URN after stack and project.
func inStack(urn string) string {
	if _, rest, ok := strings.Cut(urn, "::"); ok {
		if _, inside, ok := strings.Cut(rest, "::"); ok {
			return inside
		}
	}
	return urn
}

// fold are stacks that change in the same way.
type fold struct {
	runs []gitops.RunResult
	risk int
}

// last is the environment that is closest to production.
func (f *fold) last() string { return f.runs[len(f.runs)-1].Stack.Environment }

// foldStacks groups the runs that there is something to say about, the ones that
// want a look first, production before dev.
func foldStacks(d Document, h hasher) []*fold {
	outputs := map[gitops.StackID]uint64{}
	for _, o := range d.Outputs {
		outputs[o.Stack] = h.mix(outputs[o.Stack]*31+h.value(o.Old)*7+h.value(o.New), o.Name)
	}
	var out []*fold
	bySum := map[uint64]*fold{}
	for _, r := range d.Stacks {
		if !slices.ContainsFunc(r.Changes.Changes, func(ch gitops.Change) bool { return ch.Op != gitops.OpSame }) &&
			outputs[r.Stack] == 0 && len(diagnosticLines(r)) == 0 {
			continue
		}
		sum := h.run(r)*31 + outputs[r.Stack]
		if f, ok := bySum[sum]; ok {
			f.runs = append(f.runs, r)
			continue
		}
		f := &fold{[]gitops.RunResult{r}, risk(r)}
		bySum[sum] = f
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b *fold) int {
		return cmp.Or(cmp.Compare(b.risk, a.risk), cmp.Compare(d.rank(b.last()), d.rank(a.last())))
	})
	return out
}

// enough is how many resources must change in the same way to be told of
// together.
const enough = 3

// together are updates of one stack with the same differences.
type together []gitops.Change

// foldChanges takes out of the changes of a stack what many resources share.
func foldChanges(set gitops.ChangeSet, h hasher) (rest gitops.ChangeSet, shared []together) {
	sums := make([]uint64, len(set.Changes))
	count := map[uint64]int{}
	for i, ch := range set.Changes {
		if ch.Op == gitops.OpUpdate && len(ch.Diff) > 0 {
			sums[i] = h.diff(ch.Diff)
			count[sums[i]]++
		}
	}
	place := map[uint64]int{}
	rest = gitops.ChangeSet{Stack: set.Stack, Same: set.Same}
	for i, ch := range set.Changes {
		if count[sums[i]] < enough || sums[i] == 0 {
			rest.Changes = append(rest.Changes, ch)
			continue
		}
		at, ok := place[sums[i]]
		if !ok {
			at = len(shared)
			place[sums[i]] = at
			shared = append(shared, nil)
		}
		shared[at] = append(shared[at], ch)
	}
	return rest, shared
}

// upgrade tells whether all that happens to a stack is that a newer provider
// sees one property of its resources in another way: nothing but updates of the
// same properties, and no reason but modules and tools. It returns the
// properties.
func upgrade(r gitops.RunResult) (string, bool) {
	if r.State != gitops.RunSucceeded || len(r.Changes.Changes) < enough || len(r.Reasons) == 0 {
		return "", false
	}
	for _, why := range r.Reasons {
		if why.Kind != "module" && why.Kind != "toolchain" {
			return "", false
		}
	}
	paths := ""
	for _, ch := range r.Changes.Changes {
		if ch.Op != gitops.OpUpdate || len(ch.Diff) == 0 {
			return "", false
		}
		var tops []string
		for _, p := range ch.Diff {
			if k := topKey(p.Path); !slices.Contains(tops, k) {
				tops = append(tops, k)
			}
		}
		all := strings.Join(tops, ", ")
		if paths != "" && paths != all {
			return "", false
		}
		paths = all
	}
	return paths, true
}
