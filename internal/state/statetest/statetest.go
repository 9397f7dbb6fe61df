// Package statetest checks that a gitops.StateStore keeps its contract. Every
// store runs the same suite.
package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Open opens the store that is kept in a directory, with a clock. Two calls
// with one directory give two handles on the same content, as two processes
// have them. It closes the handle when the test ends.
type Open func(t *testing.T, dir string, now func() time.Time) gitops.StateStore

// Exercise runs the suite.
func Exercise(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"stacks", exerciseStacks},
		{"leases", exerciseLeases},
		{"fencing", exerciseFencing},
		{"line", exerciseLine},
		{"lost", exerciseLost},
		{"generations", exerciseGenerations},
		{"journal", exerciseJournal},
		{"history", exerciseHistory},
		{"tags", exerciseTags},
		{"model", exerciseModel},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, open)
		})
	}
}

// Clock is a clock that stands still until a test moves it. It is safe for
// concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock at noon on 1 March 2026.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// ttl is the time to live of the suite's leases.
const ttl = time.Minute

// place is one store with a clock and the means to open it again.
type place struct {
	open  Open
	dir   string
	clock *Clock
	gitops.StateStore
}

// newPlace opens a new store.
func newPlace(t *testing.T, open Open) *place {
	t.Helper()
	p := &place{open: open, dir: t.TempDir(), clock: NewClock()}
	p.StateStore = p.again(t)
	return p
}

// again opens another handle on the store.
func (p *place) again(t *testing.T) gitops.StateStore {
	t.Helper()
	return p.open(t, p.dir, p.clock.Now)
}

// create adds a stack with the deployment number 0.
func (p *place) create(t *testing.T, name string) gitops.StackRef {
	t.Helper()
	ref := gitops.StackRef{Project: "trunkline", Stack: name}
	must(t, p.Create(t.Context(), ref, deployment(0)))
	return ref
}

// newStack opens a new store with a stack.
func newStack(t *testing.T, open Open) (*place, gitops.StackRef) {
	t.Helper()
	p := newPlace(t, open)
	return p, p.create(t, "data.dev")
}

// newLeased opens a new store with a stack that ana holds.
func newLeased(t *testing.T, open Open) (*place, gitops.StackRef, gitops.Lease) {
	t.Helper()
	p, ref := newStack(t, open)
	return p, ref, lease(t, p, ref)
}

// deployment returns a deployment that can be told from others.
func deployment(n int) []byte {
	return fmt.Appendf(nil, `{"version":3,"deployment":{"manifest":{"magic":"%d"},"resources":[]}}`, n)
}

// lease takes a stack.
func lease(t *testing.T, s gitops.StateStore, ref gitops.StackRef) gitops.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), ref, request("ana"))
	must(t, err)
	return l
}

func request(holder string) gitops.LeaseRequest {
	return gitops.LeaseRequest{Holder: holder, Operation: gitops.Update, TTL: ttl}
}

func load(t *testing.T, s gitops.StateStore, ref gitops.StackRef) gitops.State {
	t.Helper()
	state, err := s.Load(t.Context(), ref)
	must(t, err)
	return state
}

// wantState checks what is kept of a stack.
func wantState(t *testing.T, s gitops.StateStore, ref gitops.StackRef, version int64, d []byte, journal ...string) {
	t.Helper()
	got := load(t, s, ref)
	if got.Version != version || string(got.Deployment) != string(d) {
		t.Errorf("%s is at version %d with %s, want version %d with %s", ref, got.Version, got.Deployment, version, d)
	}
	if diff := cmp.Diff(journal, texts(got.Journal)); diff != "" {
		t.Errorf("the journal of %s (-want +got):\n%s", ref, diff)
	}
}

func texts(entries [][]byte) []string {
	var out []string
	for _, e := range entries {
		out = append(out, string(e))
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind gitops.Kind, doing string) {
	t.Helper()
	if gitops.KindOf(err) != kind {
		t.Errorf("%s: error of kind %d (%v), want kind %d", doing, gitops.KindOf(err), err, kind)
	}
}

func wantLocked(t *testing.T, err error, by gitops.Lease, doing string) {
	t.Helper()
	var locked *gitops.LockedError
	if !errors.As(err, &locked) {
		t.Errorf("%s: error %v, want a LockedError", doing, err)
		return
	}
	if diff := cmp.Diff(by.Info(), locked.Lease); diff != "" {
		t.Errorf("%s: the lock is described wrongly (-want +got):\n%s", doing, diff)
	}
}

func wantFenced(t *testing.T, err error, doing string) {
	t.Helper()
	var fenced *gitops.FencedError
	if !errors.As(err, &fenced) {
		t.Errorf("%s: error %v, want a FencedError", doing, err)
	}
}

// writes lists every way to write with a lease.
func writes(ctx context.Context, l gitops.Lease) map[string]error {
	_, commitErr := l.Commit(ctx, deployment(666), gitops.UpdateRecord{})
	return map[string]error{
		"Renew":  l.Renew(ctx),
		"Begin":  l.Begin(ctx, gitops.UpdateRecord{Operation: gitops.Update, Result: "in-progress"}),
		"Append": l.Append(ctx, [][]byte{[]byte("stray")}),
		"Commit": commitErr,
	}
}
