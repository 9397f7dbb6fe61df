package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

// growth measures what the state costs as a stack grows: the time in the store
// of an update that creates everything and of one that changes everything.
func growth(ctx context.Context, w *workplace) ([]table, error) {
	t := table{
		title: "State of a growing stack, SQLite, fsync on",
		head:  []string{"resources", "create", "in the store", "per resource", "change all", "in the store", "per resource", "no change", "target"},
	}
	for _, n := range []int{10, 100, 1000, 10000} {
		cells, err := grown(ctx, w, n)
		if err != nil {
			return nil, fmt.Errorf("%d resources: %w", n, err)
		}
		t.add(append(cells, "≤ 1 ms")...)
	}
	return []table{t}, nil
}

func grown(ctx context.Context, w *workplace, n int) (_ []string, err error) {
	dir := filepath.Join(w.dir, fmt.Sprintf("growth-%d", n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	opened, err := state.Open(ctx, "sqlite://"+filepath.ToSlash(filepath.Join(dir, "state.db")))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	store := &timed{StateStore: opened}
	cmd := automation.New(automation.Store(store), automation.KeyFile(filepath.Join(dir, "key")), automation.Provider("test", enginetest.NewProvider()))
	defer func() { err = errors.Join(err, cmd.Close()) }()
	r := &rival{cmd: cmd, dir: dir}
	value := "a"
	s, err := r.stack(ctx, "big", things(n, &value))
	if err != nil {
		return nil, err
	}
	cells := []string{fmt.Sprint(n)}
	for _, v := range []string{"a", "b", "b"} {
		value = v
		store.spent.Store(0)
		begin := time.Now()
		if _, err := s.Up(ctx); err != nil {
			return nil, err
		}
		wall, spent := time.Since(begin), time.Duration(store.spent.Load())
		cells = append(cells, millis(wall))
		if len(cells) < 7 {
			cells = append(cells, millis(spent), fmt.Sprintf("%.3f ms", float64(spent.Microseconds())/1000/float64(n)))
		}
	}
	return cells, nil
}

// timed adds up the time that is spent in a store.
type timed struct {
	gitops.StateStore
	spent atomic.Int64
}

func (t *timed) measure() func() {
	begin := time.Now()
	return func() { t.spent.Add(int64(time.Since(begin))) }
}

// Load implements gitops.StateStore.
func (t *timed) Load(ctx context.Context, ref gitops.StackRef) (gitops.State, error) {
	defer t.measure()()
	return t.StateStore.Load(ctx, ref)
}

// Lease implements gitops.StateStore.
func (t *timed) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	defer t.measure()()
	l, err := t.StateStore.Lease(ctx, ref, req)
	if err != nil {
		return nil, err
	}
	return &timedLease{l, t}, nil
}

type timedLease struct {
	gitops.Lease
	store *timed
}

// Begin implements gitops.Lease.
func (l *timedLease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	defer l.store.measure()()
	return l.Lease.Begin(ctx, u)
}

// Append implements gitops.Lease.
func (l *timedLease) Append(ctx context.Context, entries [][]byte) error {
	defer l.store.measure()()
	return l.Lease.Append(ctx, entries)
}

// Commit implements gitops.Lease.
func (l *timedLease) Commit(ctx context.Context, d []byte, u gitops.UpdateRecord) (int64, error) {
	defer l.store.measure()()
	return l.Lease.Commit(ctx, d, u)
}

// Release implements gitops.Lease.
func (l *timedLease) Release(ctx context.Context) error {
	defer l.store.measure()()
	return l.Lease.Release(ctx)
}
