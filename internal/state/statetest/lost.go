package statetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// exerciseLost checks when a store tells that somebody may still be at work.
func exerciseLost(t *testing.T, open Open) {
	type end func(t *testing.T, p *place, ref gitops.StackRef, l gitops.Lease)
	expire := func(_ *testing.T, p *place, _ gitops.StackRef, _ gitops.Lease) { p.clock.Advance(ttl) }
	for name, c := range map[string]struct {
		journal bool
		end     end
		lost    bool
	}{
		"that ran out":                       {true, expire, true},
		"that ran out, without a journal":    {false, expire, false},
		"that was unlocked":                  {true, unlock, true},
		"that was unlocked, with no journal": {false, unlock, false},
		"that was released": {true, func(t *testing.T, _ *place, _ gitops.StackRef, l gitops.Lease) {
			must(t, l.Release(t.Context()))
		}, false},
		"that ran out and was renewed": {true, func(t *testing.T, p *place, _ gitops.StackRef, l gitops.Lease) {
			p.clock.Advance(ttl - 1)
			must(t, l.Renew(t.Context()))
			p.clock.Advance(1)
		}, false},
		"that ran out and was taken over": {true, func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(ttl)
			lease(t, p, ref)
		}, true},
		"that was taken over, given back and taken again": {true, func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(ttl)
			must(t, lease(t, p, ref).Release(t.Context()))
			lease(t, p, ref)
		}, true},
		"that was lost before another one was lost": {true, func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(ttl)
			must(t, lease(t, p, ref).Append(t.Context(), [][]byte{[]byte("b")}))
			p.clock.Advance(ttl)
			lease(t, p, ref)
		}, true},
		"whose stack has another name now": {true, func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(ttl)
			other := gitops.StackRef{Project: "other", Stack: "name.dev"}
			must(t, p.Rename(t.Context(), ref, other))
			must(t, p.Rename(t.Context(), other, ref))
		}, true},
		"after whom there was a commit": {true, func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(ttl)
			l := lease(t, p, ref)
			_, err := l.Commit(t.Context(), deployment(1), gitops.UpdateRecord{})
			must(t, err)
			must(t, l.Append(t.Context(), [][]byte{[]byte("b")}))
		}, false},
	} {
		t.Run("a lease "+name, func(t *testing.T) {
			t.Parallel()
			p, ref, l := newLeased(t, open)
			if c.journal {
				must(t, l.Append(t.Context(), [][]byte{[]byte("a")}))
			}
			info := l.Info()
			c.end(t, p, ref, l)
			if !c.lost {
				wantLost(t, p, ref, nil)
				return
			}
			wantLost(t, p, ref, &info)
			wantLost(t, p.again(t), ref, &info)
		})
	}
	exerciseOpenWork(t, open)
}

// exerciseOpenWork checks what a store tells of work that has no end yet.
func exerciseOpenWork(t *testing.T, open Open) {
	t.Run("a lease that wrote nothing after another's journal was not at work", func(t *testing.T) {
		t.Parallel()
		p, ref, first := newLeased(t, open)
		must(t, first.Append(t.Context(), [][]byte{[]byte("a")}))
		must(t, first.Release(t.Context()))
		second := lease(t, p, ref)
		must(t, p.Unlock(t.Context(), ref, second.Info().ID))
		wantLost(t, p, ref, nil)
	})
	t.Run("the list counts what is open", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		d := `{"version":3,"deployment":{"resources":[{},{}],"pending_operations":[{"type":"creating"}]}}`
		_, err := l.Commit(t.Context(), []byte(d), gitops.UpdateRecord{})
		must(t, err)
		must(t, l.Append(t.Context(), [][]byte{[]byte("a"), []byte("b"), []byte("c")}))
		want := gitops.StackInfo{Ref: ref, Version: 1, Resources: 2, Pending: 1, Journal: 3, Updated: p.clock.Now()}
		if diff := cmp.Diff(want, info(t, p, ref)); diff != "" {
			t.Errorf("the list (-want +got):\n%s", diff)
		}
	})
}

func unlock(t *testing.T, p *place, ref gitops.StackRef, l gitops.Lease) {
	t.Helper()
	must(t, p.Unlock(t.Context(), ref, l.Info().ID))
}

func wantLost(t *testing.T, s gitops.StateStore, ref gitops.StackRef, want *gitops.LeaseInfo) {
	t.Helper()
	got := load(t, s, ref).Lost
	if want != nil && got != nil {
		got.Expires = want.Expires // a renewal may have moved it
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lost lease of %s (-want +got):\n%s", ref, diff)
	}
}
