package enginetest

import (
	"context"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

type lease struct {
	store *Store
	info  gitops.LeaseInfo
	ttl   time.Duration
}

// Info implements gitops.Lease.
func (l *lease) Info() gitops.LeaseInfo {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	return l.info
}

// held calls f with the stack when the lease is still the stack's.
func (l *lease) held(f func(*kept) error) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	k := l.store.stacks[l.info.Ref]
	if k == nil || l.store.live(k) == nil || k.lease.Epoch != l.info.Epoch {
		return &gitops.FencedError{Lease: l.info}
	}
	return f(k)
}

// Renew implements gitops.Lease.
func (l *lease) Renew(context.Context) error {
	return l.held(func(k *kept) error {
		k.lease.Expires = l.store.Now().Add(l.ttl)
		l.info.Expires = k.lease.Expires
		return nil
	})
}

// Begin implements gitops.Lease.
func (l *lease) Begin(_ context.Context, u gitops.UpdateRecord) error {
	return l.held(func(k *kept) error {
		k.history = append(k.history, u)
		k.record = len(k.history)
		return nil
	})
}

// Append implements gitops.Lease.
func (l *lease) Append(_ context.Context, entries [][]byte) error {
	return l.held(func(k *kept) error {
		if l.store.broken != nil {
			return l.store.broken
		}
		for _, e := range entries {
			k.wrote = l.info.Epoch
			k.state.Journal = append(k.state.Journal, slices.Clone(e))
		}
		return nil
	})
}

// Commit implements gitops.Lease.
func (l *lease) Commit(_ context.Context, deployment []byte, u gitops.UpdateRecord) (version int64, err error) {
	err = l.held(func(k *kept) error {
		version = k.state.Version + 1
		k.updated = l.store.Now()
		k.set(version, deployment, k.updated)
		if k.record > 0 {
			u.Version = version
			k.history[k.record-1], k.record = u, 0
		}
		return nil
	})
	return version, err
}

// Release implements gitops.Lease.
func (l *lease) Release(context.Context) error {
	_ = l.held(func(k *kept) error { // a lost lease has nothing to give back
		k.endLease(l.store.Now()) // its holder says that it has ended
		return nil
	})
	return nil
}
