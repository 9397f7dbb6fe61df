package rollout_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// drawn is an arbitrary estate without cycles, and a selection of its stacks.
type drawn struct {
	defs   []rollout.Definition
	envs   []rollout.Environment
	stacks []gitops.StackID
}

func draw(t *rapid.T) drawn {
	var d drawn
	for i := range rapid.IntRange(1, 8).Draw(t, "definitions") {
		def := rollout.Definition{Name: fmt.Sprintf("s%d", i)}
		for j := range i {
			if rapid.Bool().Draw(t, "needs") {
				def.Needs = append(def.Needs, fmt.Sprintf("s%d", j))
			}
		}
		d.defs = append(d.defs, def)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "environments") {
		env := rollout.Environment{Name: fmt.Sprintf("e%d", i)}
		for j := range i {
			if rapid.Bool().Draw(t, "after") {
				env.After = append(env.After, fmt.Sprintf("e%d", j))
			}
		}
		d.envs = append(d.envs, env)
		for _, def := range d.defs {
			if rapid.Bool().Draw(t, "selected") {
				d.stacks = append(d.stacks, gitops.StackID{Name: def.Name, Environment: env.Name})
			}
		}
	}
	d.defs = rapid.Permutation(d.defs).Draw(t, "order")
	return d
}

// needs tells whether a stack needs another one, directly or through others:
// the plain definition that the package is checked against.
func (d drawn) needs(a, b gitops.StackID) bool {
	if a.Environment != b.Environment {
		return false
	}
	at := slices.IndexFunc(d.defs, func(def rollout.Definition) bool { return def.Name == a.Name })
	for _, n := range d.defs[at].Needs {
		if n == b.Name || d.needs(gitops.StackID{Name: n, Environment: a.Environment}, b) {
			return true
		}
	}
	return false
}

func (d drawn) after(a, b string) bool {
	at := slices.IndexFunc(d.envs, func(e rollout.Environment) bool { return e.Name == a })
	return slices.ContainsFunc(d.envs[at].After, func(n string) bool { return n == b || d.after(n, b) })
}

func TestEveryRunHappensOnceAndNeverBeforeItsNeedsOrIsSkippedForAReason(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		o := rollout.Options{Reverse: rapid.Bool().Draw(t, "reverse"), Promote: rapid.Bool().Draw(t, "promote")}
		before := func(a, b gitops.StackID) bool { // b must come before a
			if o.Reverse {
				a, b = b, a
			}
			return d.needs(a, b) || o.Promote && a.Environment != b.Environment && d.after(a.Environment, b.Environment)
		}
		p, err := rollout.New(d.defs, d.envs, d.stacks, o)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Scheduler()
		ended := map[gitops.StackID]gitops.RunState{}
		var running []gitops.StackID
		for !s.Finished() {
			for _, id := range s.Next() {
				if ended[id] != "" || slices.Contains(running, id) {
					t.Fatalf("%s was started twice", id)
				}
				for _, other := range d.stacks {
					if before(id, other) && ended[other] != gitops.RunSucceeded {
						t.Fatalf("%s was started while %s is %q", id, other, ended[other])
					}
				}
				running = append(running, id)
			}
			if len(running) == 0 {
				t.Fatal("nothing runs and not all is done")
			}
			i := rapid.IntRange(0, len(running)-1).Draw(t, "ends")
			end := rapid.SampledFrom([]gitops.RunState{gitops.RunSucceeded, gitops.RunSucceeded, gitops.RunFailed, gitops.RunCancelled}).Draw(t, "how")
			skips, err := s.Done(running[i], end)
			if err != nil {
				t.Fatal(err)
			}
			ended[running[i]] = end
			running = slices.Delete(running, i, i+1)
			for _, skip := range skips {
				if ended[skip.ID] != "" || skip.Reason == "" {
					t.Fatalf("%s, which is %q, is skipped for %q", skip.ID, ended[skip.ID], skip.Reason)
				}
				ended[skip.ID] = gitops.RunSkipped
			}
		}
		for _, id := range d.stacks {
			blocked := slices.ContainsFunc(d.stacks, func(b gitops.StackID) bool {
				return before(id, b) && (ended[b] == gitops.RunFailed || ended[b] == gitops.RunCancelled)
			})
			if skipped := ended[id] == gitops.RunSkipped; skipped != blocked || ended[id] == "" {
				t.Fatalf("%s ended as %q; something it waits for failed: %v", id, ended[id], blocked)
			}
		}
	})
}

func TestTheOrderDoesNotDependOnTheOrderOfTheArguments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		first, err := rollout.New(d.defs, d.envs, d.stacks, rollout.Options{Promote: true})
		if err != nil {
			t.Fatal(err)
		}
		again, err := rollout.New(
			rapid.Permutation(d.defs).Draw(t, "definitions"), d.envs,
			rapid.Permutation(d.stacks).Draw(t, "stacks"), rollout.Options{Promote: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Waves, again.Waves); diff != "" {
			t.Fatal(diff)
		}
	})
}
