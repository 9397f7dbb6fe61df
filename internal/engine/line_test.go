package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// thing is a program with one thing. With a gate, the cloud works on it until
// the gate is opened.
func thing(t *testing.T, value, gate string) string {
	return enginetest.Serve(t, func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"value": pulumi.String(value), "wait": pulumi.String(gate)})
		return err
	})
}

func TestThoseWhoWaitForAStackGetItInTheirOrder(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	first := make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), req); first <- err }()
	<-p.Reached("g")

	order, places := make(chan string, 3), map[string]chan int{}
	for _, who := range []string{"ana", "bo"} {
		places[who] = make(chan int, 8)
		r := req
		r.Holder, r.Wait = who, func(l gitops.LockedError) { places[who] <- l.Position }
		go func() {
			if _, err := e.Run(t.Context(), r); err != nil {
				t.Error(err)
			}
			order <- who
		}()
		if got, want := <-places[who], len(places); got != want {
			t.Errorf("%s waits at place %d, want %d", who, got, want)
		}
	}
	p.Open("g")
	if err := <-first; err != nil {
		t.Error(err)
	}
	if a, b := <-order, <-order; a != "ana" || b != "bo" {
		t.Errorf("the stack went to %s, then to %s", a, b)
	}
}

func TestWhoeverStopsWaitingIsNotInLineAnyMore(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	first := make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), req); first <- err }()
	<-p.Reached("g")
	ctx, cancel := context.WithCancel(t.Context())
	r := req
	r.Wait = func(gitops.LockedError) { cancel() }
	if _, err := e.Run(ctx, r); gitops.KindOf(err) != gitops.Cancelled {
		t.Errorf("want a cancelled error, got %v", err)
	}
	p.Open("g")
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := e.Run(t.Context(), req); err != nil { // without a ticket: nobody may be in line
		t.Error(err)
	}
}

func TestAnOperationDecidedOnAnotherStateDoesNothing(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	p.Open("g")
	preview, err := e.Run(t.Context(), Request{Stack: req.Stack, Operation: gitops.Preview, Root: req.Root, Program: req.Program})
	if err != nil {
		t.Fatal(err)
	}
	req.Expect = &preview.Base
	if _, err := e.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	calls := p.Calls()["Check"]
	_, err = e.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Stale || !strings.Contains(err.Error(), "is at version 1") {
		t.Errorf("got %v", err)
	}
	if p.Calls()["Check"] != calls {
		t.Error("the engine ran")
	}
}

// An update is in the middle of changing a thing when its lease goes to time:
// nobody can know whether it still is.
func TestWhatALostHolderMayStillBeDoingBlocksTheNextUpdate(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	var later atomic.Int64
	s.StateStore.(*enginetest.Store).Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	p.Open("g")
	if _, err := e.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	paused := req
	paused.Program = thing(t, "changed", "h")
	e.pace.renew = time.Hour // as a stopped process
	lost := make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), paused); lost <- err }()
	<-p.Reached("h")
	later.Store(int64(2 * time.Hour))

	next := req
	next.Program = thing(t, "other", "h")
	_, err := e.Run(t.Context(), next)
	if err == nil || !strings.Contains(err.Error(), "needs recovery") || !strings.Contains(err.Error(), "updating urn:") ||
		!strings.Contains(err.Error(), "may still be at work") {
		t.Errorf("the next update: %v", err)
	}
	p.Open("h")
	var fenced *gitops.FencedError
	if err := <-lost; !errors.As(err, &fenced) {
		t.Errorf("who had lost the lease: %v", err)
	}
	next.Operation = gitops.Refresh // reads how it ended
	if _, err := e.Run(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	next.Operation = gitops.Update
	if _, err := e.Run(t.Context(), next); err != nil {
		t.Errorf("after the recovery: %v", err)
	}
}

// flaky is a store that is away for some requests for a lease.
type flaky struct {
	gitops.StateStore
	away atomic.Int32
}

func (s *flaky) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	if req.Ticket != "" && s.away.Add(-1) >= 0 {
		return nil, gitops.Errorf(gitops.Failed, "no route to host")
	}
	return s.StateStore.Lease(ctx, ref, req)
}

func TestAPlaceInLineSurvivesAMomentWithoutTheStore(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	store := &flaky{StateStore: s.StateStore}
	s.StateStore = store
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), req); first <- err }()
	<-p.Reached("g")
	waits := make(chan struct{}, 8)
	r := req
	r.Wait = func(gitops.LockedError) { waits <- struct{}{} }
	go func() { _, err := e.Run(t.Context(), r); second <- err }()
	<-waits
	store.away.Store(3)
	p.Open("g")
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
	store.away.Store(1) // nobody has a place yet
	if _, err := e.Run(t.Context(), r); err == nil || !strings.Contains(err.Error(), "no route to host") {
		t.Errorf("got %v", err)
	}
}
