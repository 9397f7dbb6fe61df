package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

// TestAFaultInAnyStatementChangesAllOrNothing lets every statement of a stack's
// life fail, one at a time, before or after it took effect, with the connection
// and without it. What is kept is then what was before the operation or what is
// after it, and the next one works.
func TestAFaultInAnyStatementChangesAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Start(t).URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newFaultLab(t, url(t))
			for _, how := range []fault{{}, {after: true}, {lost: true}, {after: true, lost: true}} {
				l.everyStatement(t, how)
			}
		})
	}
}

// life is what happens to a stack; each step is one call of the store.
var life = []struct {
	name string
	do   func(ctx context.Context, l *faultLab, ref gitops.StackRef) error
}{
	{"create", func(ctx context.Context, l *faultLab, ref gitops.StackRef) error {
		return l.faulty.Create(ctx, ref, numbered(0))
	}},
	{"lease", take},
	{"begin", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error {
		return l.lease.Begin(ctx, gitops.UpdateRecord{Operation: gitops.Update, Message: "m"})
	}},
	{"append", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error {
		return l.lease.Append(ctx, [][]byte{[]byte("a"), []byte("b")})
	}},
	{"append again", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error {
		return l.lease.Append(ctx, [][]byte{[]byte("c")})
	}},
	{"renew", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error { return l.lease.Renew(ctx) }},
	{"stand in line", func(ctx context.Context, l *faultLab, ref gitops.StackRef) error {
		var locked *gitops.LockedError
		if _, err := show(ctx, l.faulty, ref); !errors.As(err, &locked) || locked.Position != 1 {
			return errors.Join(errors.New("not the first in line"), err)
		}
		return nil
	}},
	{"load", func(ctx context.Context, l *faultLab, ref gitops.StackRef) error {
		_, err := l.faulty.Load(ctx, ref)
		return err
	}},
	{"commit", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error {
		version, err := l.lease.Commit(ctx, numbered(1), gitops.UpdateRecord{})
		if err == nil && version != 1 {
			err = fmt.Errorf("committed version %d", version)
		}
		return err
	}},
	{"release", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error { return l.lease.Release(ctx) }},
	{"leave", func(ctx context.Context, l *faultLab, ref gitops.StackRef) error {
		return l.faulty.Leave(ctx, ref, "ticket")
	}},
	{"lease again", take},
	{"append after all", func(ctx context.Context, l *faultLab, _ gitops.StackRef) error {
		return l.lease.Append(ctx, [][]byte{[]byte("d")})
	}},
	{"unlock", func(ctx context.Context, l *faultLab, ref gitops.StackRef) error {
		return l.faulty.Unlock(ctx, ref, l.lease.Info().ID)
	}},
}

// faultLab has one store, through a faulty handle and through a sound one.
type faultLab struct {
	faults        *faults
	faulty, sound *Store
	lease         gitops.Lease
	runs          int
	// want has what is kept before the first step and after each.
	want []kept
}

// kept is what others see of a stack.
type kept struct {
	Version    int64
	Deployment string
	Journal    []string
	Lost       bool
	Leases     int
	Results    []string
	InLine     string
}

func newFaultLab(t *testing.T, url string) *faultLab {
	t.Helper()
	l := &faultLab{faults: &faults{}}
	now := time.Now()
	clock := WithClock(func() time.Time { return now })
	l.sound = open(t, url, clock)
	l.faulty = open(t, url, clock, func(s *Store) {
		s.wrap = l.faults.wrap
		s.pace.first, s.pace.most, s.pace.patience = time.Millisecond, time.Millisecond, time.Minute
	})
	ref := l.next()
	l.want = append(l.want, l.look(t, ref))
	for _, step := range life {
		if err := step.do(t.Context(), l, ref); err != nil {
			t.Fatalf("%s, without any fault: %v", step.name, err)
		}
		l.want = append(l.want, l.look(t, ref))
	}
	return l
}

// next is the name of another stack.
func (l *faultLab) next() gitops.StackRef {
	l.runs++
	return gitops.StackRef{Project: "faults", Stack: fmt.Sprint(l.runs)}
}

func take(ctx context.Context, l *faultLab, ref gitops.StackRef) (err error) {
	l.lease, err = l.faulty.Lease(ctx, ref, gitops.LeaseRequest{Holder: "ana", TTL: time.Minute})
	return err
}

func show(ctx context.Context, s *Store, ref gitops.StackRef) (gitops.Lease, error) {
	return s.Lease(ctx, ref, gitops.LeaseRequest{Holder: "ben", TTL: time.Minute, Ticket: "ticket"})
}

// look returns what is kept of a stack, through the sound handle.
func (l *faultLab) look(t *testing.T, ref gitops.StackRef) (k kept) {
	t.Helper()
	ctx := t.Context()
	state, err := l.sound.Load(ctx, ref)
	if gitops.KindOf(err) == gitops.NotFound {
		return k
	}
	leases, leasesErr := l.sound.Leases(ctx, ref)
	history, historyErr := l.sound.History(ctx, ref, 0, 0)
	lineErr := l.sound.read(ctx, "read", func(q querier) error {
		row, err := l.sound.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		line, err := l.sound.readLine(ctx, q, ref, row.id)
		for _, p := range line {
			k.InLine += p.Ticket
		}
		return err
	})
	if err := errors.Join(err, leasesErr, historyErr, lineErr); err != nil {
		t.Fatal(err)
	}
	k.Version, k.Deployment, k.Lost, k.Leases = state.Version, string(state.Deployment), state.Lost != nil, len(leases)
	for _, e := range state.Journal {
		k.Journal = append(k.Journal, string(e))
	}
	for _, u := range history {
		k.Results = append(k.Results, u.Result)
	}
	return k
}

// everyStatement lives one life for each statement of it, which then fails.
func (l *faultLab) everyStatement(t *testing.T, how fault) {
	t.Helper()
	for n := 1; ; n++ {
		ref := l.next()
		l.faults.set(n, how)
		failed, err := -1, error(nil)
		for i, step := range life {
			if err = step.do(t.Context(), l, ref); err != nil {
				failed = i
				break
			}
		}
		if !l.faults.happened() {
			if n < 50 {
				t.Errorf("a life has only %d statements", n)
			}
			return
		}
		l.faults.set(0, fault{})
		l.judge(t, n, how, ref, failed, err)
	}
}

// judge checks what a fault has left, and that work goes on.
func (l *faultLab) judge(t *testing.T, n int, how fault, ref gitops.StackRef, failed int, err error) {
	t.Helper()
	got := l.look(t, ref)
	switch {
	case failed < 0:
		if diff := cmp.Diff(l.want[len(life)], got); diff != "" {
			t.Errorf("statement %d, %+v: nobody was told that something failed (-want +got):\n%s", n, how, diff)
		}
	case how.lost && l.sound.Path() == "":
		t.Errorf("statement %d, %+v: %s was not repeated over another connection: %v", n, how, life[failed].name, err)
	case !cmp.Equal(got, l.want[failed]) && !cmp.Equal(got, l.want[failed+1]):
		t.Errorf("statement %d, %+v: %s was done by half (%v): %+v", n, how, life[failed].name, err, got)
	}
	if got.Deployment == "" {
		return // it was never created
	}
	leases, err := l.sound.Leases(t.Context(), ref)
	for _, held := range leases {
		err = errors.Join(err, l.sound.Unlock(t.Context(), ref, held.ID))
	}
	if err != nil {
		t.Error(err)
	}
	again, err := show(t.Context(), l.faulty, ref)
	if err == nil {
		_, err = again.Commit(t.Context(), numbered(2), gitops.UpdateRecord{})
	}
	if err != nil {
		t.Errorf("statement %d, %+v, %d: the next operation: %v", n, how, failed, err)
	}
}
