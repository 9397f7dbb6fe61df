package statetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseLeases(t *testing.T, open Open) {
	t.Run("a lease excludes others through every handle", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		for name, s := range map[string]gitops.StateStore{"same": p, "other": p.again(t)} {
			_, err := s.Lease(t.Context(), ref, request("ben"))
			wantLocked(t, err, l, "leasing it again through the "+name+" handle")
		}
	})
	t.Run("stacks are leased one by one", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, open)
		lease(t, p, p.create(t, "data.dev"))
		lease(t, p, p.create(t, "app.dev"))
	})
	t.Run("a lease says who holds it until when", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		got := lease(t, p, ref).Info()
		want := gitops.LeaseInfo{
			ID: got.ID, Ref: ref, Holder: "ana", Operation: gitops.Update, Epoch: got.Epoch,
			Since: p.clock.Now(), Expires: p.clock.Now().Add(ttl),
		}
		if diff := cmp.Diff(want, got); diff != "" || got.ID == "" || got.Epoch <= 0 {
			t.Errorf("ID %q, epoch %d, lease (-want +got):\n%s", got.ID, got.Epoch, diff)
		}
		wantLeases(t, p, ref, got)
	})
	t.Run("a released stack is free", func(t *testing.T) {
		t.Parallel()
		p, ref, first := newLeased(t, open)
		must(t, first.Release(t.Context()))
		wantLeases(t, p, ref)
		if second := lease(t, p, ref); second.Info().Epoch <= first.Info().Epoch {
			t.Errorf("the epoch went from %d to %d", first.Info().Epoch, second.Info().Epoch)
		}
		must(t, first.Release(t.Context())) // again, of what others hold now
		if l, err := p.Leases(t.Context(), ref); err != nil || len(l) != 1 {
			t.Errorf("releasing a lost lease ended the new one: %v, %v", l, err)
		}
	})
	t.Run("a renewed lease does not expire", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		for range 3 {
			p.clock.Advance(ttl - 1)
			must(t, l.Renew(t.Context()))
		}
		if got, want := l.Info().Expires, p.clock.Now().Add(ttl); !got.Equal(want) {
			t.Errorf("expires at %s, want %s", got, want)
		}
		_, err := p.Lease(t.Context(), ref, request("ben"))
		wantLocked(t, err, l, "leasing it")
	})
	t.Run("an expired lease is taken over with a higher epoch", func(t *testing.T) {
		t.Parallel()
		p, ref, first := newLeased(t, open)
		p.clock.Advance(ttl)
		wantLeases(t, p, ref)
		second := lease(t, p.again(t), ref)
		if second.Info().Epoch <= first.Info().Epoch {
			t.Errorf("the epoch went from %d to %d", first.Info().Epoch, second.Info().Epoch)
		}
		wantLeases(t, p, ref, second.Info())
	})
	t.Run("one of many wins", func(t *testing.T) {
		t.Parallel()
		exerciseContention(t, open)
	})
	t.Run("unlock ends the lease with that ID only", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantKind(t, p.Unlock(t.Context(), ref, "another"), gitops.NotFound, "unlocking another ID")
		wantLeases(t, p, ref, l.Info())
		must(t, p.again(t).Unlock(t.Context(), ref, l.Info().ID))
		wantLeases(t, p, ref)
		lease(t, p, ref)
	})
}

// exerciseContention lets goroutines over several handles race for one stack.
// Each winner appends two entries; nobody's may come between them.
func exerciseContention(t *testing.T, open Open) {
	p, ref := newStack(t, open)
	handles := []gitops.StateStore{p, p.again(t), p.again(t)}
	var wg sync.WaitGroup
	for i := range 9 {
		wg.Go(func() {
			for range 20 {
				l, err := handles[i%len(handles)].Lease(t.Context(), ref, request(fmt.Sprint(i)))
				if err != nil {
					continue
				}
				for range 2 {
					if err := l.Append(t.Context(), [][]byte{fmt.Appendf(nil, "%d", l.Info().Epoch)}); err != nil {
						t.Error(err)
					}
				}
				if err := l.Release(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	journal := texts(load(t, p, ref).Journal)
	if len(journal) == 0 {
		t.Fatal("nobody ever won")
	}
	for i := 0; i < len(journal); i += 2 {
		if journal[i] != journal[i+1] {
			t.Fatalf("two holders wrote at once: epochs %v", journal)
		}
	}
}

func exerciseFencing(t *testing.T, open Open) {
	for name, lose := range map[string]func(t *testing.T, p *place, ref gitops.StackRef, l gitops.Lease){
		"to a newer holder": func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(2 * ttl)
			lease(t, p, ref)
		},
		"to a newer holder who has gone": func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(2 * ttl)
			must(t, lease(t, p, ref).Release(t.Context()))
		},
		"by unlock": func(t *testing.T, p *place, ref gitops.StackRef, l gitops.Lease) {
			must(t, p.Unlock(t.Context(), ref, l.Info().ID))
		},
		"by release": func(t *testing.T, _ *place, _ gitops.StackRef, l gitops.Lease) {
			must(t, l.Release(t.Context()))
		},
		"with its name": func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(2 * ttl)
			must(t, p.Rename(t.Context(), ref, gitops.StackRef{Project: "p", Stack: "s"}))
			must(t, p.Rename(t.Context(), gitops.StackRef{Project: "p", Stack: "s"}, ref))
		},
		"with the stack, of which there is a new one": func(t *testing.T, p *place, ref gitops.StackRef, _ gitops.Lease) {
			p.clock.Advance(2 * ttl)
			must(t, p.Remove(t.Context(), ref))
			must(t, p.Create(t.Context(), ref, deployment(0)))
			lease(t, p, ref)
		},
	} {
		t.Run("a lease lost "+name+" writes nothing", func(t *testing.T) {
			t.Parallel()
			p, ref := newStack(t, open)
			l := lease(t, p.again(t), ref)
			lose(t, p, ref, l)
			for doing, err := range writes(t.Context(), l) {
				wantFenced(t, err, doing)
			}
			must(t, l.Release(t.Context()))
			wantState(t, p, ref, 0, deployment(0))
			if h, err := p.History(t.Context(), ref, 0, 0); err != nil || len(h) != 0 {
				t.Errorf("the history has %v, %v", h, err)
			}
		})
	}
}

func wantLeases(t *testing.T, p *place, ref gitops.StackRef, want ...gitops.LeaseInfo) {
	t.Helper()
	got, err := p.Leases(t.Context(), ref)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the leases of %s (-want +got):\n%s", ref, diff)
	}
}
