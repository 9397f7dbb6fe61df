package engine_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// slow is a program with one thing that waits at gate "g" and a second one
// that needs it.
func slow(ctx *pulumi.Context) error {
	first, err := enginetest.NewThing(ctx, "first", pulumi.Map{"value": pulumi.String("a"), "wait": pulumi.String("g")})
	if err != nil {
		return err
	}
	_, err = enginetest.NewThing(ctx, "second", pulumi.Map{"value": first.Value})
	return err
}

// long is slow with a hundred things after the first, one after the other: the
// engine hears of a cancelled context soon, and not at once.
func long(ctx *pulumi.Context) error {
	thing, err := enginetest.NewThing(ctx, "first", pulumi.Map{"value": pulumi.String("a"), "wait": pulumi.String("g")})
	for i := range 100 {
		if err != nil {
			return err
		}
		thing, err = enginetest.NewThing(ctx, "thing-"+strconv.Itoa(i), pulumi.Map{"value": thing.Value})
	}
	return err
}

type outcome struct {
	res engine.Result
	err error
}

// start runs a request in the background.
func (w *world) start(ctx context.Context, e *engine.Engine, req engine.Request) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		res, err := e.Run(ctx, req)
		ch <- outcome{res, err}
	}()
	return ch
}

func (w *world) resources() string {
	w.t.Helper()
	d, err := w.Export(w.t.Context(), w.stack, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(d.Deployment)
}

func TestCancelLetsTheCallInFlightFinishAndSavesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := w.start(ctx, w.Engine, w.request(gitops.Update, long))
	<-w.provider.Reached("g")
	cancel()
	w.provider.Open("g")
	got := <-done
	if gitops.KindOf(got.err) != gitops.Cancelled {
		t.Fatalf("want a cancelled error, got %v", got.err)
	}
	state := w.resources()
	if !strings.Contains(state, "::first\"") || strings.Contains(state, "::thing-99\"") {
		t.Errorf("the state should have the first thing and not the last: %s", state)
	}
	if pending, err := w.Pending(t.Context(), w.stack); err != nil || len(pending) != 0 {
		t.Errorf("pending: %v, %v", pending, err)
	}
	w.run(gitops.Update, long)
	if n := len(w.provider.Things()); n != 101 {
		t.Errorf("the cloud has %d things, want 101", n)
	}
}

func TestCancelByNameStopsAnOperationOfThisProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done := w.start(t.Context(), w.Engine, w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	if err := w.Cancel(t.Context(), dev); err != nil {
		t.Fatal(err)
	}
	w.provider.Open("g")
	if got := <-done; gitops.KindOf(got.err) != gitops.Cancelled {
		t.Fatalf("want a cancelled error, got %v", got.err)
	}
	if err := w.Cancel(t.Context(), dev); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("want nothing to cancel, got %v", err)
	}
}

func TestTerminateLeavesWhatItWasDoingPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := make(chan struct{})
	done := w.start(engine.WithTerminate(t.Context(), now), w.Engine, w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	close(now)
	got := <-done
	var told *gitops.Error
	if !errors.As(got.err, &told) || told.Kind != gitops.Cancelled || told.Next != "trunkline stack recover -e dev -s net" {
		t.Fatalf("want a cancelled error that names the recovery, got %v", got.err)
	}
	pending, err := w.Pending(t.Context(), w.stack)
	if err != nil || len(pending) != 1 || pending[0].Kind != "creating" || !strings.HasSuffix(pending[0].URN, "::first") {
		t.Fatalf("pending: %v, %v", pending, err)
	}
}

func TestASecondWriterIsLockedOutAndAPreviewIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done := w.start(t.Context(), w.Engine, w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	_, err := w.another().Run(t.Context(), w.request(gitops.Update, slow))
	var locked *gitops.LockedError
	if !errors.As(err, &locked) {
		t.Errorf("want a LockedError, got %v", err)
	}
	if _, err := w.another().Run(t.Context(), w.request(gitops.Preview, slow)); err != nil {
		t.Errorf("preview: %v", err)
	}
	w.provider.Open("g")
	if got := <-done; got.err != nil {
		t.Error(got.err)
	}
}

func TestAWriterThatLostItsLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done := w.start(t.Context(), w.Engine, w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	if err := w.another().Cancel(t.Context(), dev); err != nil { // from another process: ends the lease
		t.Fatal(err)
	}
	before := w.store.Journal(dev)
	w.provider.Open("g")
	got := <-done
	var fenced *gitops.FencedError
	if !errors.As(got.err, &fenced) {
		t.Fatalf("want a FencedError, got %v", got.err)
	}
	if after := w.store.Journal(dev); after != before {
		t.Errorf("%d journal entries were written after the lease was lost", after-before)
	}
}
