package state

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// A laptop that slept through its lease has still made what it made. As long
// as nobody else took the stack, that is recorded.
func TestAnExpiredLeaseWritesUntilSomebodyTakesTheStack(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := open(t, filepath.Join(t.TempDir(), "state.db"), WithClock(func() time.Time { return now }))
	l := leased(t, s)
	now = now.Add(time.Hour)
	if list, err := s.Leases(t.Context(), dev); err != nil || len(list) != 0 {
		t.Errorf("the expired lease is listed: %v, %v", list, err)
	}
	if err := l.Append(t.Context(), [][]byte{[]byte("made before the sleep")}); err != nil {
		t.Errorf("Append: %v", err)
	}
	if err := l.Renew(t.Context()); err != nil {
		t.Errorf("Renew: %v", err)
	}
	var locked *gitops.LockedError
	if _, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{TTL: time.Minute}); !errors.As(err, &locked) {
		t.Errorf("after the renewal another takes the stack: %v", err)
	}
	now = now.Add(time.Hour)
	if _, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	var fenced *gitops.FencedError
	if err := l.Append(t.Context(), [][]byte{[]byte("stray")}); !errors.As(err, &fenced) {
		t.Errorf("Append after the takeover: %v, want a FencedError", err)
	}
}

func TestAnUnfinishedUpdateHasFailedWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *Store, l gitops.Lease, now *time.Time) error{
		"release": func(_ *Store, l gitops.Lease, _ *time.Time) error { return l.Release(context.Background()) },
		"unlock": func(s *Store, l gitops.Lease, _ *time.Time) error {
			return s.Unlock(context.Background(), dev, l.Info().ID)
		},
		"takeover": func(s *Store, _ gitops.Lease, now *time.Time) error {
			*now = now.Add(time.Hour)
			_, err := s.Lease(context.Background(), dev, gitops.LeaseRequest{TTL: time.Minute})
			return err
		},
		"another beginning": func(_ *Store, l gitops.Lease, _ *time.Time) error {
			return l.Begin(context.Background(), gitops.UpdateRecord{Operation: gitops.Update})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			s := open(t, filepath.Join(t.TempDir(), "state.db"), WithClock(func() time.Time { return now }))
			l := leased(t, s)
			if err := l.Begin(t.Context(), gitops.UpdateRecord{Operation: gitops.Update, Message: "mine"}); err != nil {
				t.Fatal(err)
			}
			if err := end(s, l, &now); err != nil {
				t.Fatal(err)
			}
			h, err := s.History(t.Context(), dev, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			u := h[len(h)-1]
			if u.Result != "failed" || u.Version != 0 || !u.Ended.Equal(now) || u.Message != "mine" {
				t.Errorf("the record is %+v, want failed at %s", u, now)
			}
		})
	}
}

func TestWhatACommitLeavesOutStaysAsItBegan(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	begun := gitops.UpdateRecord{
		Operation: gitops.Update, Message: "mine", Environment: map[string]string{"a": "b"}, Config: []byte("c"),
	}
	if err := l.Begin(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	commit(t, l)
	h, err := s.History(t.Context(), dev, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	u := h[0]
	if u.Result != "succeeded" || u.Version != 1 || u.Started.IsZero() || u.Ended.IsZero() ||
		u.Message != "mine" || u.Environment["a"] != "b" || string(u.Config) != "c" {
		t.Errorf("the record is %+v", u)
	}
}

func TestACancelledContextDoesNotStopWhatALeaseWrites(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Append(ctx, [][]byte{[]byte("a")}); err != nil {
		t.Errorf("Append: %v", err)
	}
	if _, err := l.Commit(ctx, tiny, gitops.UpdateRecord{}); err != nil {
		t.Errorf("Commit: %v", err)
	}
	if err := l.Release(ctx); err != nil {
		t.Errorf("Release: %v", err)
	}
	if list, err := s.Leases(t.Context(), dev); err != nil || len(list) != 0 {
		t.Errorf("the lease is still there: %v, %v", list, err)
	}
}

func TestACancelledContextStopsWhatHasNoLease(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	leased(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, loadErr := s.Load(ctx, dev)
	for doing, err := range map[string]error{"Load": loadErr, "Remove": s.Remove(ctx, dev)} {
		if gitops.KindOf(err) != gitops.Cancelled {
			t.Errorf("%s: %v, want an error of kind Cancelled", doing, err)
		}
	}
}

func TestTheListCountsResources(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	for _, want := range []int{2, 0, 3} {
		if want != 2 {
			d := `{"deployment":{"resources":[` + strings.TrimSuffix(strings.Repeat("{},", want), ",") + `]}}`
			if _, err := l.Commit(t.Context(), []byte(d), gitops.UpdateRecord{}); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Stacks(t.Context(), "")
		if err != nil || list[0].Resources != want {
			t.Errorf("the list shows %v, %v, want %d resources", list, err, want)
		}
	}
}

func TestALeaseNeedsATimeToLive(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	_, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "ana"})
	wantError(t, err, gitops.Bug, "without a time to live", "")
}
