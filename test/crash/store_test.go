//go:build unix

package crash

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// hookedStore is a store with points around what an operation calls.
type hookedStore struct {
	gitops.StateStore
	hook *hook
}

func (s hookedStore) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	var l gitops.Lease
	err := s.hook.call("store", "lease", func() (err error) {
		l, err = s.StateStore.Lease(ctx, ref, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	return hookedLease{l, s.hook}, nil
}

func (s hookedStore) Load(ctx context.Context, ref gitops.StackRef) (st gitops.State, err error) {
	err = s.hook.call("store", "load", func() (err error) {
		st, err = s.StateStore.Load(ctx, ref)
		return err
	})
	return st, err
}

type hookedLease struct {
	gitops.Lease
	hook *hook
}

func (l hookedLease) Renew(ctx context.Context) error {
	return l.hook.call("store", "renew", func() error { return l.Lease.Renew(ctx) })
}

func (l hookedLease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	return l.hook.call("store", "begin", func() error { return l.Lease.Begin(ctx, u) })
}

func (l hookedLease) Append(ctx context.Context, entries [][]byte) error {
	return l.hook.call("store", "append", func() error { return l.Lease.Append(ctx, entries) })
}

func (l hookedLease) Commit(ctx context.Context, deployment []byte, u gitops.UpdateRecord) (version int64, err error) {
	err = l.hook.call("store", "commit", func() (err error) {
		version, err = l.Lease.Commit(ctx, deployment, u)
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

func (l hookedLease) Release(ctx context.Context) error {
	return l.hook.call("store", "release", func() error { return l.Lease.Release(ctx) })
}
