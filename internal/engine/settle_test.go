package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// crash starts an update that is in the middle of a create when its process is
// never heard of again: its lease expires.
func (w *world) crash() {
	w.t.Helper()
	var later atomic.Int64
	w.store.Now = func() time.Time { return time.Unix(1_000_000+later.Load(), 0) }
	w.start(w.t.Context(), w.another(), w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	later.Store(60)
}

func TestAfterACrashUpdateIsRefusedUntilThePendingCreateIsSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("kept")}))
	w.crash()
	_, err := w.Run(t.Context(), w.request(gitops.Update, slow))
	var e *gitops.Error
	if !errors.As(err, &e) || e.Kind != gitops.Failed || !strings.Contains(e.What, "::first") ||
		e.Next != "trunkline stack recover -e dev -s net" {
		t.Fatalf("want a refusal that names the pending create, got %#v", err)
	}
	if _, err := w.Run(t.Context(), w.request(gitops.Preview, slow)); err != nil {
		t.Errorf("a preview should still work: %v", err)
	}
	if !strings.Contains(w.resources(), "::one\"") {
		t.Error("what was deployed before the crash is gone from the state")
	}
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), w.pending(), ""); err != nil {
		t.Fatal(err)
	}
	w.provider.Open("g") // the new update passes; the crashed one is fenced
	w.run(gitops.Update, slow)
}

func TestAfterACrashAResourceThatExistsCanBeAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("found")})) // makes thing-1
	w.crash()
	urn := w.pending()
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), urn, "thing-1"); err != nil {
		t.Fatal(err)
	}
	var d apitype.DeploymentV3
	if err := json.Unmarshal([]byte(w.resources()), &d); err != nil {
		t.Fatal(err)
	}
	got := d.Resources[len(d.Resources)-1]
	if string(got.URN) != urn || got.ID != "thing-1" || got.Outputs["value"] != "found" || len(d.PendingOperations) != 0 {
		t.Errorf("the thing should have been read back: %+v, pending %v", got, d.PendingOperations)
	}
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), urn, ""); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("want nothing left to settle, got %v", err)
	}
}

func TestAdoptingWhatDoesNotExistSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crash()
	urn := w.pending()
	err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), urn, "thing-77")
	if gitops.KindOf(err) != gitops.NotFound || strings.Contains(w.resources(), "thing-77") {
		t.Errorf("want NotFound and no trace of it, got %v", err)
	}
}

// An adoption that did not come to its end must leave nothing that the next one
// takes for the resource that is replaced, and has deleted.
func TestAnAdoptionThatFailedCanBeRepeated(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]string{"with the same ID": "thing-1", "with another ID": "thing-77"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("found")})) // makes thing-1
			w.crash()
			urn := w.pending()
			cancelled, cancel := context.WithCancel(t.Context())
			cancel() // the read comes too late
			if err := w.Settle(cancelled, w.request(gitops.Refresh, nil), urn, wrong); gitops.KindOf(err) != gitops.Cancelled {
				t.Fatalf("want it cancelled, got %v", err)
			}
			if got := w.under(urn); len(got) != 0 || w.pending() != urn {
				t.Errorf("the adoption that failed has left %+v", got)
			}
			if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), urn, "thing-1"); err != nil {
				t.Fatal(err)
			}
			if got := w.under(urn); len(got) != 1 || got[0].ID != "thing-1" || got[0].Delete {
				t.Errorf("thing-1 should be there once, and to stay: %+v", got)
			}
		})
	}
}

// What a lost writer was changing stays unsettled while other things are adopted
// and read.
func TestAnotherThingThatIsReadSettlesNoUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changed := func(ctx *pulumi.Context) error {
		for _, name := range []string{"one", "two"} {
			if _, err := enginetest.NewThing(ctx, name, pulumi.Map{"value": pulumi.String("b"), "wait": pulumi.String(name)}); err != nil {
				return err
			}
		}
		return nil
	}
	w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("a")})) // makes thing-1
	var later atomic.Int64
	w.store.Now = func() time.Time { return time.Unix(1_000_000+later.Load(), 0) }
	w.start(t.Context(), w.another(), w.request(gitops.Update, changed))
	<-w.provider.Reached("one")
	<-w.provider.Reached("two")
	later.Store(60)

	var updating, creating string
	pending, err := w.Pending(t.Context(), w.stack)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pending {
		switch p.Kind {
		case "updating":
			updating = p.URN
		case "creating":
			creating = p.URN
		}
	}
	if len(pending) != 2 || updating == "" || creating == "" {
		t.Fatalf("pending: %+v", pending)
	}
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), creating, "thing-1"); err != nil {
		t.Fatal(err)
	}
	if got := w.pending(); got != updating {
		t.Errorf("pending is %s, want %s", got, updating)
	}
	req := w.request(gitops.Refresh, nil)
	req.Excludes = []string{updating}
	if _, err := w.Run(t.Context(), req); err != nil || w.pending() != updating {
		t.Errorf("after everything else was read: %v", err)
	}
	w.run(gitops.Refresh, nil)
	if pending, err := w.Pending(t.Context(), w.stack); err != nil || len(pending) != 0 {
		t.Errorf("after it was read: %+v, %v", pending, err)
	}
}

// under returns what the state has under a URN.
func (w *world) under(urn string) []apitype.ResourceV3 {
	w.t.Helper()
	var d apitype.DeploymentV3
	if err := json.Unmarshal([]byte(w.resources()), &d); err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(d.Resources, func(r apitype.ResourceV3) bool { return string(r.URN) != urn })
}

// pending returns the URN of the one pending operation.
func (w *world) pending() string {
	w.t.Helper()
	pending, err := w.Pending(w.t.Context(), w.stack)
	if err != nil || len(pending) != 1 {
		w.t.Fatalf("pending: %v, %v", pending, err)
	}
	return pending[0].URN
}

func TestWhatACrashedWriterFinishedIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var later atomic.Int64
	w.store.Now = func() time.Time { return time.Unix(1_000_000+later.Load(), 0) }
	program := func(ctx *pulumi.Context) error {
		first, err := enginetest.NewThing(ctx, "first", pulumi.Map{"value": pulumi.String("a")})
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "second", pulumi.Map{"value": first.Value, "wait": pulumi.String("g")})
		return err
	}
	w.start(t.Context(), w.another(), w.request(gitops.Update, program))
	<-w.provider.Reached("g")
	later.Store(60)
	if w.store.Journal(dev) == 0 {
		t.Fatal("nothing is in the journal")
	}
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), w.pending(), ""); err != nil {
		t.Fatal(err)
	}
	w.provider.Open("g")
	if res := w.run(gitops.Update, program); res.Changes["create"] != 1 {
		t.Errorf("only the second thing should be created: %v", res.Changes)
	}
}

// A replacement deletes the old thing, and its writer is lost while it creates
// the new one, which another thing needs.
func TestAReplacementWhoseOldThingIsGoneCanBeAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	program := func(key, gate string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			first, err := enginetest.NewThing(ctx, "first",
				pulumi.Map{"value": pulumi.String("a"), "key": pulumi.String(key), "wait": pulumi.String(gate)}, pulumi.DeleteBeforeReplace(true))
			if err != nil {
				return err
			}
			_, err = enginetest.NewThing(ctx, "second", pulumi.Map{"value": first.Value})
			return err
		}
	}
	w.run(gitops.Update, program("k1", ""))
	var later atomic.Int64
	w.store.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	lost := w.start(t.Context(), w.another(), w.request(gitops.Update, program("k2", "g")))
	<-w.provider.Reached("g")
	later.Store(int64(time.Minute))
	urn := w.pending()
	if _, err := w.Run(t.Context(), w.request(gitops.Update, program("k2", "g"))); err == nil {
		t.Error("the next update was not refused")
	}
	w.provider.Open("g")
	var fenced *gitops.FencedError
	if got := <-lost; !errors.As(got.err, &fenced) {
		t.Fatalf("who had lost the lease: %v", got.err)
	}
	if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), urn, "thing-3"); err != nil {
		t.Fatal(err)
	}
	w.run(gitops.Update, program("k2", "g"))
	if state := w.resources(); strings.Contains(state, "thing-1") || strings.Contains(state, "\"delete\"") {
		t.Errorf("the thing that was deleted is still in the state: %s", state)
	}
	if n := len(w.provider.Things()); n != 2 {
		t.Errorf("the cloud has %d things, want 2", n)
	}
}
