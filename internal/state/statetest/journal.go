package statetest

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseJournal(t *testing.T, open Open) {
	t.Run("entries are kept in order, byte for byte", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		long := string(bytes.Repeat([]byte{0xff, 0, '\n'}, 1<<16))
		must(t, l.Append(t.Context(), [][]byte{[]byte("a"), []byte("b")}))
		must(t, l.Append(t.Context(), nil))
		must(t, l.Append(t.Context(), [][]byte{[]byte(long), {}, []byte("a")}))
		wantState(t, p, ref, 0, deployment(0), "a", "b", long, "", "a")
	})
	t.Run("what was acknowledged outlives a handle that is just dropped", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		must(t, lease(t, p, ref).Append(t.Context(), [][]byte{[]byte("a")}))
		p.StateStore = p.again(t)
		wantState(t, p, ref, 0, deployment(0), "a")
	})
	t.Run("the next holder goes on with the journal", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		must(t, lease(t, p, ref).Append(t.Context(), [][]byte{[]byte("a")}))
		p.clock.Advance(ttl)
		l := lease(t, p, ref)
		must(t, l.Append(t.Context(), [][]byte{[]byte("b")}))
		wantState(t, p, ref, 0, deployment(0), "a", "b")
		version, err := l.Commit(t.Context(), deployment(1), gitops.UpdateRecord{})
		must(t, err)
		wantState(t, p, ref, version, deployment(1))
	})
	t.Run("a commit empties the journal and counts the version", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		for n := 1; n <= 3; n++ {
			must(t, l.Append(t.Context(), [][]byte{[]byte("a")}))
			version, err := l.Commit(t.Context(), deployment(n), gitops.UpdateRecord{})
			must(t, err)
			if version != int64(n) {
				t.Errorf("commit %d gave version %d", n, version)
			}
			wantState(t, p.again(t), ref, version, deployment(n))
		}
		must(t, l.Append(t.Context(), [][]byte{[]byte("b")}))
		wantState(t, p, ref, 3, deployment(3), "b")
	})
	t.Run("what a store returned is the caller's to change", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		entry := []byte("a")
		must(t, lease(t, p, ref).Append(t.Context(), [][]byte{entry}))
		entry[0] = 'x'
		clear(load(t, p, ref).Deployment)
		wantState(t, p, ref, 0, deployment(0), "a")
	})
}

func exerciseHistory(t *testing.T, open Open) {
	t.Run("updates are listed newest first, by pages", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		for _, message := range []string{"1", "2", "3", "4", "5"} {
			u := gitops.UpdateRecord{Operation: gitops.Update, Message: message, Started: p.clock.Now(), Result: "in-progress"}
			must(t, l.Begin(t.Context(), u))
			u.Result = "succeeded"
			_, err := l.Commit(t.Context(), deployment(1), u)
			must(t, err)
		}
		for _, c := range []struct {
			limit, offset int
			want          []string
		}{
			{0, 0, []string{"5", "4", "3", "2", "1"}},
			{2, 0, []string{"5", "4"}},
			{2, 3, []string{"2", "1"}},
			{2, 4, []string{"1"}},
			{0, 3, []string{"2", "1"}},
			{2, 5, nil},
			{2, 99, nil},
		} {
			h, err := p.History(t.Context(), ref, c.limit, c.offset)
			must(t, err)
			var got []string
			for _, u := range h {
				got = append(got, u.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("limit %d offset %d (-want +got):\n%s", c.limit, c.offset, diff)
			}
		}
	})
	t.Run("an update is in progress until its commit", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		u := gitops.UpdateRecord{
			Operation: gitops.Destroy, Started: p.clock.Now(), Message: "tidy up",
			Environment: map[string]string{"git.head": "abc"}, Config: []byte(`{"a":"b"}`), Result: "in-progress",
		}
		must(t, l.Begin(t.Context(), u))
		wantHistory(t, p, ref, u)
		u.Ended, u.Result, u.Changes = p.clock.Now().Add(1), "failed", map[string]int{"delete": 2}
		version, err := l.Commit(t.Context(), deployment(1), u)
		must(t, err)
		u.Version = version
		wantHistory(t, p.again(t), ref, u)
	})
	t.Run("a commit without a beginning leaves no record", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		_, err := lease(t, p, ref).Commit(t.Context(), deployment(1), gitops.UpdateRecord{Operation: gitops.Update})
		must(t, err)
		wantHistory(t, p, ref)
	})
}

func exerciseGenerations(t *testing.T, open Open) {
	t.Run("older versions are kept as they were", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		want := []gitops.Generation{{Version: 0, Bytes: len(deployment(0)), Created: p.clock.Now()}}
		for n := 1; n <= 3; n++ {
			p.clock.Advance(1)
			_, err := l.Commit(t.Context(), deployment(n), gitops.UpdateRecord{})
			must(t, err)
			want = append([]gitops.Generation{{Version: int64(n), Bytes: len(deployment(n)), Created: p.clock.Now()}}, want...)
		}
		must(t, l.Append(t.Context(), [][]byte{[]byte("a")}))
		got, err := p.again(t).Generations(t.Context(), ref)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the generations (-want +got):\n%s", diff)
		}
		for _, g := range got {
			d, err := p.Generation(t.Context(), ref, g.Version)
			if err != nil || !bytes.Equal(d, deployment(int(g.Version))) {
				t.Errorf("version %d is %s, %v", g.Version, d, err)
			}
		}
		_, err = p.Generation(t.Context(), ref, 4)
		wantKind(t, err, gitops.NotFound, "a version that never was")
	})
}

func wantHistory(t *testing.T, s gitops.StateStore, ref gitops.StackRef, want ...gitops.UpdateRecord) {
	t.Helper()
	got, err := s.History(t.Context(), ref, 0, 0)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the history of %s (-want +got):\n%s", ref, diff)
	}
}
