package record

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Verdict is what a comparison found.
type Verdict string

// The verdicts.
const (
	// Same: both programs register the same resources with the same options and
	// outputs, whatever a cloud answers in the places where tokens stand.
	Same Verdict = "same"
	// Different: something differs for sure.
	Different Verdict = "different"
	// Undecided: a recording is not complete, or something is not known.
	Undecided Verdict = "undecided"
)

// Comparison is how the recordings of one stack at two revisions differ.
type Comparison struct {
	gitops.StackID
	Verdict Verdict `json:"verdict"`
	// Why says what Undecided lacks.
	Why []string `json:"why,omitempty"`
	// Changes is the difference of the programs. It is no preview: what replaces a
	// resource, what providers choose and what is deployed are not known. What an
	// incomplete recording does not have is not in it.
	Changes []gitops.Change `json:"changes,omitempty"`
	// Outputs and Providers are the differences of the stack's outputs and of what
	// its default providers are.
	Outputs   []gitops.PropertyChange `json:"outputs,omitempty"`
	Providers []gitops.PropertyChange `json:"providers,omitempty"`
	// Renamed maps resources that have an alias from the URN in the head to that
	// in the base. To an update they are the same.
	Renamed map[string]string `json:"renamed,omitempty"`
	// Hints are resources that look like others under a new name. An update would
	// delete and create them.
	Hints []Hint `json:"hints,omitempty"`
	// Assumed are the calls that both programs make and whose answers were
	// assumed.
	Assumed []Call `json:"assumed,omitempty"`
}

// Hint says that a new resource looks like one that is gone.
type Hint struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Equal of Inputs top-level inputs are the same.
	Equal  int `json:"equal"`
	Inputs int `json:"inputs"`
}

// Compare compares one stack at two revisions. A stack that one of them does not
// have is an empty recording.
func Compare(base, head Recording) Comparison {
	return compare(base, head, match(base.Resources, head.Resources))
}

// CompareAll compares every stack that one of both revisions has, in the order of
// their names. A resource that was renamed with an alias is followed into the
// stacks that read its stack.
func CompareAll(base, head map[gitops.StackID]Recording) []Comparison {
	var ids []gitops.StackID
	all := matching{}
	for id, h := range head {
		ids = append(ids, id)
		for now, was := range match(base[id].Resources, h.Resources) {
			all[now] = was
		}
	}
	for id := range base {
		if _, both := head[id]; !both {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, gitops.StackID.Compare)
	out := make([]Comparison, len(ids))
	for i, id := range ids {
		out[i] = compare(base[id], head[id], all)
		out[i].StackID = id
	}
	return out
}

func compare(base, head Recording, m matching) Comparison {
	c := Comparison{StackID: head.Stack, Renamed: map[string]string{}}
	if c.StackID == (gitops.StackID{}) {
		c.StackID = base.Stack
	}
	found := findings{base: base, head: head, match: m, write: m.renames()}
	found.resources(&c)
	found.surroundings(&c)
	c.Hints = hints(found.created, found.deleted)
	c.Why = found.why()
	incomplete := !base.Complete() || !head.Complete()
	switch {
	case incomplete, !found.sure && len(c.Why) > 0:
		c.Verdict = Undecided
	case found.sure:
		c.Verdict, c.Why = Different, nil
	default:
		c.Verdict, c.Assumed = Same, head.Assumed
	}
	return c
}

// findings collects what differs.
type findings struct {
	base, head Recording
	match      matching
	write      *strings.Replacer
	// sure tells that something differs whatever is unknown.
	sure             bool
	created, deleted []Resource
	unknown          []string
}

// resources compares the registrations.
func (f *findings) resources(c *Comparison) {
	before := map[string]Resource{}
	for _, r := range f.base.Resources {
		before[r.URN] = r
	}
	kept := map[string]bool{}
	for _, r := range f.head.Resources {
		old, there := before[f.match[r.URN]]
		if !there {
			f.create(c, r)
			continue
		}
		kept[old.URN] = true
		if old.URN != r.URN {
			c.Renamed[r.URN] = old.URN
		}
		f.update(c, old, r)
	}
	for _, r := range f.base.Resources {
		if !kept[r.URN] {
			f.remove(c, r)
		}
	}
	slices.SortFunc(c.Changes, func(a, b gitops.Change) int { return strings.Compare(a.URN, b.URN) })
}

func (f *findings) create(c *Comparison, r Resource) {
	if !f.base.Complete() {
		return
	}
	op := gitops.OpCreate
	if r.Read {
		op = gitops.OpRead
	} else {
		f.created = append(f.created, r)
	}
	ch := change(r, op)
	ch.Diff = plain(diffMaps("", nil, f.written(r.Inputs).(map[string]any)))
	c.Changes, f.sure = append(c.Changes, ch), true
}

func (f *findings) remove(c *Comparison, r Resource) {
	if !f.head.Complete() {
		return
	}
	op := gitops.OpDelete
	if r.Read {
		op = gitops.OpForget
	} else {
		f.deleted = append(f.deleted, r)
	}
	c.Changes, f.sure = append(c.Changes, change(r, op)), true
}

// update compares two registrations of one resource.
func (f *findings) update(c *Comparison, old, now Resource) {
	inputs, _ := f.written(now.Inputs).(map[string]any)
	d := diffMaps("", old.Inputs, inputs)
	was, is := optionsOf(old, nil), optionsOf(now, f)
	for _, k := range sorted(union(was, is)) {
		d = append(d, diff(k, was[k], is[k])...)
		f.unknown = append(f.unknown, unknowns(Kind(now.Type)+" "+now.Name+" "+k, was[k])...)
		f.unknown = append(f.unknown, unknowns(Kind(now.Type)+" "+now.Name+" "+k, is[k])...)
	}
	for _, path := range append(unknowns("", any(old.Inputs)), unknowns("", any(now.Inputs))...) {
		f.unknown = append(f.unknown, Kind(now.Type)+" "+now.Name+" "+path)
	}
	if len(d) == 0 {
		return
	}
	op := gitops.OpUpdate
	if now.Read {
		op = gitops.OpRead
	}
	ch := change(now, op)
	ch.Diff = plain(d)
	c.Changes, f.sure = append(c.Changes, ch), f.sure || anySure(d)
}

// surroundings compares outputs and providers.
func (f *findings) surroundings(c *Comparison) {
	outputs, _ := f.written(f.head.Outputs).(map[string]any)
	if f.base.Complete() && f.head.Complete() {
		d := diffMaps("", f.base.Outputs, outputs)
		c.Outputs, f.sure = plain(d), f.sure || anySure(d)
	}
	for _, path := range append(unknowns("", any(f.base.Outputs)), unknowns("", any(f.head.Outputs))...) {
		f.unknown = append(f.unknown, "output "+path)
	}
	if f.base.Stack == (gitops.StackID{}) || f.head.Stack == (gitops.StackID{}) {
		return // one revision does not have the stack
	}
	for _, k := range sorted(union(f.base.Providers, f.head.Providers)) {
		var old, now any
		if v, ok := f.base.Providers[k]; ok {
			old = v
		}
		if v, ok := f.head.Providers[k]; ok {
			now = v
		}
		d := diff(k, old, now)
		c.Providers, f.sure = append(c.Providers, plain(d)...), f.sure || anySure(d)
	}
}

// written returns a value of the head with the names of the base.
func (f *findings) written(v any) any {
	if m, ok := v.(map[string]any); ok && m == nil {
		return map[string]any{}
	}
	if f.write == nil {
		return v
	}
	return mapped(v, f.write.Replace)
}

// why lists what keeps the comparison from a verdict.
func (f *findings) why() []string {
	var out []string
	for _, side := range []struct {
		name string
		r    Recording
	}{{"before", f.base}, {"now", f.head}} {
		for _, g := range side.r.Gaps {
			out = append(out, side.name+": "+Show(g.String()))
		}
	}
	slices.Sort(f.unknown)
	for _, what := range slices.Compact(f.unknown) {
		out = append(out, Show(what)+" is not known before the update")
	}
	for _, call := range unshared(f.base.Assumed, f.head.Assumed) {
		out = append(out, "the answer of "+call.Function+", which only one of both programs calls, is assumed")
	}
	return out
}

// unshared lists the calls that only one of both makes.
func unshared(a, b []Call) []Call {
	var out []Call
	for _, c := range slices.Concat(a, b) {
		if slices.Contains(a, c) != slices.Contains(b, c) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func change(r Resource, op gitops.Op) gitops.Change {
	protected, _ := r.Options["protect"].(bool)
	return gitops.Change{URN: r.URN, Type: r.Type, Name: r.Name, Parent: r.Parent, Op: op, Source: r.Source, Protected: protected}
}

// Summary says the verdict in a few words.
func (c Comparison) Summary() string {
	switch c.Verdict {
	case Same:
		return "same resources"
	case Undecided:
		more := ""
		if len(c.Why) > 1 {
			more = fmt.Sprintf(" (and %d more)", len(c.Why)-1)
		}
		return "cannot tell: " + c.Why[0] + more
	}
	var parts []string
	s := gitops.ChangeSet{Changes: c.Changes}.Summary()
	for _, p := range []struct {
		n    int
		what string
	}{{s.Create, "created"}, {s.Update, "changed"}, {s.Delete, "deleted"}, {len(c.Changes) - s.Changed(), "read otherwise"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(c.Outputs) > 0 {
		parts = append(parts, "other outputs")
	}
	if len(c.Providers) > 0 {
		parts = append(parts, "another provider")
	}
	return strings.Join(parts, ", ")
}
