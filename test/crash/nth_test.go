//go:build unix

package crash

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

// clock is a clock that a test can move. It is the clock of one store.
type clock struct{ ahead time.Duration }

func (c *clock) now() time.Time { return time.Now().Add(c.ahead) }

// pass lets so much time pass that leases run out.
func (c *clock) pass() { c.ahead += time.Hour }

// memory returns a new store in memory.
func memory(_ *testing.T, c *clock) gitops.StateStore {
	s := enginetest.NewStore()
	s.Now = c.now
	return s
}

// file returns a new store in a file.
func file(t *testing.T, c *clock) gitops.StateStore {
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.WithClock(c.now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestEveryCallMayFailOnce lets the first call of an operation fail, then, on a
// new stack, the second, and so on to the last, in a process that goes on.
func TestEveryCallMayFailOnce(t *testing.T) {
	t.Parallel()
	from := begin(t)
	stores := map[string]func(*testing.T, *clock) gitops.StateStore{"memory": memory}
	if *full {
		stores["sqlite"] = file
	}
	for name, open := range stores {
		for _, s := range scenarios() {
			for _, way := range []struct {
				call  string
				after bool
				fault fault
			}{
				{"store", false, fail}, {"store", true, fail}, {"store", false, panik}, {"store", true, panik},
				{"provider", false, fail}, {"provider", false, gone}, {"provider", true, gone}, {"provider", true, panik},
			} {
				at := point{Call: way.call, N: 1, After: way.after}
				t.Run(fmt.Sprintf("%s/%s/%s/%s", name, s.name, at, way.fault), func(t *testing.T) {
					t.Parallel()
					n := 0
					for tryOnce(t, s, from[s.from], open, at, way.fault) {
						n++
						at.N++
					}
					if n < 6 { // lease, load, begin, append, commit, release
						t.Errorf("only %d calls were counted", n)
					}
				})
			}
		}
	}
}

// tryOnce runs the scenario's command with a fault in it, and then goes on to
// the goal. It returns false when the command has fewer calls.
func tryOnce(
	t *testing.T, s scenario, from beginning, open func(*testing.T, *clock) gitops.StateStore, at point, f fault,
) (reached bool) {
	t.Helper()
	c := &clock{}
	w := newWorld(t, s, from, open(t, c))
	h := newHook(at, f)
	first := w.command(s.operation, s.to)
	first.who, first.provider, first.store = "first", newProvider("first", w.cloud, h), hookedStore{w.store, h}
	err := survive(func() error { return first.run(t.Context()) })
	if !h.hit() {
		if err != nil {
			t.Errorf("without a fault: %v", err)
		}
		return false
	}
	if err == nil {
		w.theGoalIsReached()
	}
	c.pass() // a lease that could not be given back runs out
	w.conclude()
	if t.Failed() {
		t.Fatalf("at %s, which gave: %v", at, err)
	}
	return true
}

// survive turns a panic into an error, as a server does.
func survive(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}
