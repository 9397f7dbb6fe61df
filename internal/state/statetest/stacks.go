package statetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseStacks(t *testing.T, open Open) {
	t.Run("a created stack is found as it was given", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		wantState(t, p, ref, 0, deployment(0))
		wantState(t, p.again(t), ref, 0, deployment(0))
	})
	t.Run("a stack is created once", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		wantKind(t, p.Create(t.Context(), ref, deployment(1)), gitops.Unexpected, "creating it again")
		wantState(t, p, ref, 0, deployment(0))
	})
	t.Run("a list is ordered and of one project or all", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, open)
		for _, ref := range []gitops.StackRef{{Project: "b", Stack: "x"}, {Project: "a", Stack: "z"}, {Project: "a", Stack: "y"}} {
			must(t, p.Create(t.Context(), ref, deployment(0)))
		}
		wantList(t, p, "a", "a/y", "a/z")
		wantList(t, p, "", "a/y", "a/z", "b/x")
		wantList(t, p, "c")
	})
	t.Run("a list tells versions and times", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		if got := info(t, p, ref); got.Version != 0 || !got.Updated.IsZero() {
			t.Errorf("before the first commit: %+v, want version 0 and no time", got)
		}
		_, err := lease(t, p, ref).Commit(t.Context(), deployment(1), gitops.UpdateRecord{})
		must(t, err)
		if got := info(t, p, ref); got.Version != 1 || !got.Updated.Equal(p.clock.Now()) {
			t.Errorf("after the first commit: %+v, want version 1 at %s", got, p.clock.Now())
		}
	})
	t.Run("a removed stack is gone and its name free", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		must(t, l.Begin(t.Context(), gitops.UpdateRecord{Operation: gitops.Update}))
		_, err := l.Commit(t.Context(), deployment(1), gitops.UpdateRecord{Operation: gitops.Update})
		must(t, err)
		must(t, l.Release(t.Context()))
		must(t, p.Remove(t.Context(), ref))
		wantUnknown(t, p, ref)
		p.create(t, "data.dev")
		wantState(t, p, ref, 0, deployment(0))
		if h, err := p.History(t.Context(), ref, 0, 0); err != nil || len(h) != 0 {
			t.Errorf("the new stack has the history of the old: %v, %v", h, err)
		}
	})
	t.Run("a stack that never was is not found", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, open)
		p.create(t, "data.dev")
		wantUnknown(t, p, gitops.StackRef{Project: "trunkline", Stack: "data.prod"})
		wantUnknown(t, p, gitops.StackRef{Project: "other", Stack: "data.dev"})
	})
	t.Run("a renamed stack keeps everything", func(t *testing.T) {
		t.Parallel()
		exerciseRename(t, open)
	})
	t.Run("a leased stack is neither removed nor renamed", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantLocked(t, p.Remove(t.Context(), ref), l, "removing it")
		wantLocked(t, p.Rename(t.Context(), ref, gitops.StackRef{Project: "p", Stack: "s"}), l, "renaming it")
		wantState(t, p, ref, 0, deployment(0))
	})
}

func exerciseRename(t *testing.T, open Open) {
	p := newPlace(t, open)
	from, taken := p.create(t, "data.dev"), p.create(t, "taken.dev")
	to := gitops.StackRef{Project: "other", Stack: "store.dev"}
	l := lease(t, p, from)
	must(t, l.Begin(t.Context(), gitops.UpdateRecord{Operation: gitops.Update, Message: "first"}))
	_, err := l.Commit(t.Context(), deployment(1), gitops.UpdateRecord{Operation: gitops.Update, Message: "first", Result: "succeeded"})
	must(t, err)
	must(t, l.Append(t.Context(), [][]byte{[]byte("a")}))
	must(t, l.Release(t.Context()))

	wantKind(t, p.Rename(t.Context(), from, taken), gitops.Unexpected, "renaming it to a taken name")
	must(t, p.Rename(t.Context(), from, to))
	wantUnknown(t, p, from)
	wantState(t, p, to, 1, deployment(1), "a")
	h, err := p.History(t.Context(), to, 0, 0)
	must(t, err)
	if len(h) != 1 || h[0].Message != "first" {
		t.Errorf("history after the new name: %+v", h)
	}
	if again := lease(t, p, to).Info(); again.Epoch <= l.Info().Epoch {
		t.Errorf("the epoch went from %d to %d with the new name", l.Info().Epoch, again.Epoch)
	}
}

// wantUnknown checks that nothing finds the stack.
func wantUnknown(t *testing.T, p *place, ref gitops.StackRef) {
	t.Helper()
	ctx := t.Context()
	_, err := p.Load(ctx, ref)
	wantKind(t, err, gitops.NotFound, "Load")
	_, err = p.Info(ctx, ref)
	wantKind(t, err, gitops.NotFound, "Info")
	_, err = p.Lease(ctx, ref, request("ana"))
	wantKind(t, err, gitops.NotFound, "Lease")
	_, err = p.Leases(ctx, ref)
	wantKind(t, err, gitops.NotFound, "Leases")
	wantKind(t, p.Leave(ctx, ref, "x"), gitops.NotFound, "Leave")
	_, err = p.Generations(ctx, ref)
	wantKind(t, err, gitops.NotFound, "Generations")
	_, err = p.Generation(ctx, ref, 0)
	wantKind(t, err, gitops.NotFound, "Generation")
	_, err = p.History(ctx, ref, 0, 0)
	wantKind(t, err, gitops.NotFound, "History")
	wantKind(t, p.Unlock(ctx, ref, "x"), gitops.NotFound, "Unlock")
	wantKind(t, p.Remove(ctx, ref), gitops.NotFound, "Remove")
	wantKind(t, p.Rename(ctx, ref, gitops.StackRef{Project: "free", Stack: "free"}), gitops.NotFound, "Rename")
}

func wantList(t *testing.T, p *place, project string, want ...string) {
	t.Helper()
	list, err := p.Stacks(t.Context(), project)
	must(t, err)
	var got []string
	for _, i := range list {
		got = append(got, i.Ref.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the stacks of project %q (-want +got):\n%s", project, diff)
	}
}

func info(t *testing.T, p *place, ref gitops.StackRef) gitops.StackInfo {
	t.Helper()
	list, err := p.Stacks(t.Context(), ref.Project)
	must(t, err)
	for _, i := range list {
		if i.Ref == ref {
			alone, err := p.Info(t.Context(), ref)
			must(t, err)
			if diff := cmp.Diff(i, alone); diff != "" {
				t.Errorf("%s in the list and alone (-list +alone):\n%s", ref, diff)
			}
			return i
		}
	}
	t.Fatalf("%s is not in the list %v", ref, list)
	return gitops.StackInfo{}
}
