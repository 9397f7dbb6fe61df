//go:build unix

package crash

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var ref = gitops.StackRef{Project: "trunkline", Stack: "net.dev"}

// beginning is what a scenario starts from.
type beginning struct {
	deployment []byte
	cloud      *cloud
}

// begin makes the beginnings of all scenarios.
func begin(t *testing.T) map[string]beginning {
	t.Helper()
	out := map[string]beginning{}
	for _, program := range []string{"", "made"} {
		store := enginetest.NewStore()
		w := &world{t: t, cloud: newCloud(), store: store, dir: t.TempDir()}
		if _, err := w.engine().Init(t.Context(), engine.Stack{Ref: ref}); err != nil {
			t.Fatal(err)
		}
		if program != "" {
			if err := w.command(gitops.Update, program).run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s, err := store.Load(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		out[program] = beginning{s.Deployment, w.cloud}
	}
	return out
}

// world is a stack, its store and its cloud, seen from outside of the process
// under test.
type world struct {
	t        *testing.T
	cloud    *cloud
	store    gitops.StateStore
	dir      string
	scenario scenario
	// expire makes leases run out. nil: they are waited for.
	expire func()
}

// newWorld makes a stack as it is at the beginning of the scenario.
func newWorld(t *testing.T, s scenario, from beginning, store gitops.StateStore) *world {
	t.Helper()
	if err := store.Create(t.Context(), ref, from.deployment); err != nil {
		t.Fatal(err)
	}
	return &world{t: t, cloud: from.cloud.copy(), store: store, dir: t.TempDir(), scenario: s}
}

// nowhere is a point that is never reached.
var nowhere = point{}

// command returns a command of the test itself.
func (w *world) command(op gitops.Operation, program string, targets ...string) command {
	return command{
		store: w.store, provider: newProvider("next", w.cloud, newHook(nowhere, "")),
		who: "next", dir: w.dir, stack: ref, operation: op, program: program, targets: targets,
	}
}

func (w *world) engine() *engine.Engine { return w.command(gitops.Update, "").engine() }

// next runs the scenario's command again. It returns whether it was refused
// because something is to be settled first.
func (w *world) next() (refused bool) {
	w.t.Helper()
	err := w.command(w.scenario.operation, w.scenario.to).run(w.t.Context())
	var ours *gitops.Error
	switch {
	case err == nil:
		return false
	case errors.As(err, &ours) && strings.HasPrefix(ours.Next, "trunkline stack recover"):
		return true
	}
	w.t.Fatalf("the next command neither worked nor said what to do: %v", err)
	return false
}

// finish goes on from whatever is there to the goal, settling what is to be
// settled by looking into the cloud.
func (w *world) finish() {
	w.t.Helper()
	if !w.next() {
		return
	}
	w.settle()
	if w.next() {
		w.t.Fatal("the command is refused after everything was settled")
	}
}

// settle ends each pending operation as a person does who looks into the cloud.
func (w *world) settle() {
	w.t.Helper()
	pending := w.pending()
	if len(pending) == 0 {
		w.t.Fatal("the command was refused though nothing is pending")
	}
	var known []string
	for _, p := range pending {
		if p.Kind != "creating" {
			known = append(known, p.URN)
		}
	}
	if len(known) > 0 {
		if err := w.command(gitops.Refresh, "", known...).run(w.t.Context()); err != nil {
			w.t.Fatalf("read what was being changed: %v", err)
		}
	}
	for _, p := range pending {
		if p.Kind != "creating" {
			continue
		}
		req, _, err := w.command(gitops.Refresh, "").request()
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.engine().Settle(w.t.Context(), req, p.URN, w.lostID(p.URN)); err != nil {
			w.t.Fatalf("settle %s: %v", p.URN, err)
		}
	}
}

// lostID is the ID of what exists in the cloud under a URN and is not in the
// state; "" when there is nothing.
func (w *world) lostID(urn string) string {
	known := w.resources()
	for id, o := range w.cloud.inventory() {
		if _, ok := known[id]; !ok && o.urn == urn {
			return id
		}
	}
	return ""
}

// waitForTheLease returns when the store says that nobody holds the stack.
func (w *world) waitForTheLease() {
	w.t.Helper()
	if w.expire != nil {
		w.expire()
		return
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		leases, err := w.store.Leases(ctx, ref)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(leases) == 0 {
			return
		}
		<-tick.C
	}
}
