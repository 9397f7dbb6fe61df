package diy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// writeTimeout bounds one write of a lease. What a lease writes is about things
// that have happened in a cloud, so the end of a context does not stop it.
const writeTimeout = 5 * time.Minute

// lease implements gitops.Lease.
type lease struct {
	store *Store
	ref   gitops.StackRef
	ttl   time.Duration
	epoch int64

	mu     sync.Mutex
	record leaseRecord
	fence  int64 // number of the journal object that shut others out
	// tail is where the journal ends; nil before it was looked up.
	tail *tail
}

// tail is the end of a journal.
type tail struct {
	seq  int64
	hash string
}

// Info implements gitops.Lease.
func (l *lease) Info() gitops.LeaseInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record.info(l.ref, l.epoch)
}

// write runs f when the lease still holds its stack. A lease that has expired
// holds it until somebody else takes it.
func (l *lease) write(ctx context.Context, doing string, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.check(ctx)
	if err == nil {
		err = f(ctx)
	}
	return l.store.explain(doing, err)
}

// check returns a FencedError when the lease was lost: there is a higher number,
// or pulumi cancel has removed its lock file.
func (l *lease) check(ctx context.Context) error {
	if err := l.checkEpoch(ctx); err != nil || l.record.Lock == "" {
		return err
	}
	locks, err := l.store.medium.List(ctx, l.record.Lock)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(locks, func(o object) bool { return o.Key == l.record.Lock }) {
		return l.fenced()
	}
	return nil
}

func (l *lease) checkEpoch(ctx context.Context) error {
	if l.record.Ended {
		return l.fenced()
	}
	numbers, err := l.store.numbers(ctx, leaseDir(l.ref))
	if err == nil && (len(numbers) == 0 || numbers[len(numbers)-1] != l.epoch) {
		err = l.fenced()
	}
	return err
}

func (l *lease) fenced() error {
	return &gitops.FencedError{Lease: l.record.info(l.ref, l.epoch)}
}

// save writes the lease's own object.
func (l *lease) save(ctx context.Context, r leaseRecord) error {
	raw, _, err := pack(r)
	if err == nil {
		err = l.store.medium.Put(ctx, numbered(leaseDir(l.ref), l.epoch), raw)
	}
	if err == nil {
		l.record = r
	}
	return err
}

// lock keeps the Pulumi CLI away.
func (l *lease) lock(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.pulumi.lock(ctx, l.ref); err != nil {
		if busy := l.store.cliWorks(ctx, l.ref, []numberedLease{{l.epoch, l.record}}); busy != nil {
			return busy
		}
		return err
	}
	r := l.record
	var err error
	if r.Lock, err = l.store.ownLock(ctx, l.ref); err != nil {
		return err
	}
	return l.save(ctx, r)
}

// Renew implements gitops.Lease.
func (l *lease) Renew(ctx context.Context) error {
	return l.write(ctx, "renew a lease on", func(ctx context.Context) error {
		r := l.record
		r.Expires = l.store.now().UTC().Add(l.ttl)
		return l.save(ctx, r)
	})
}

// Begin implements gitops.Lease. An update that began before and was not
// committed has failed.
func (l *lease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	return l.write(ctx, "begin an update of", func(ctx context.Context) error {
		if err := l.store.recordFailure(ctx, l.ref, l.record.Update); err != nil {
			return err
		}
		r := l.record
		if u.Started.IsZero() {
			u.Started = l.store.now().UTC()
		}
		u.Result = inProgress
		r.Update = &u
		return l.save(ctx, r)
	})
}

// Append implements gitops.Lease.
func (l *lease) Append(ctx context.Context, entries [][]byte) error {
	return l.write(ctx, "write a journal in", func(ctx context.Context) error {
		if len(entries) == 0 {
			return nil
		}
		return l.add(ctx, journalRecord{Epoch: l.epoch, Entries: entries})
	})
}

// add writes the next journal object. Whoever was first with its number has
// taken the lease.
func (l *lease) add(ctx context.Context, r journalRecord) error {
	if l.tail == nil {
		v, err := l.store.look(ctx, l.ref)
		if err != nil {
			return err
		}
		l.tail = &tail{seq: v.lastSeq(), hash: v.head()}
	}
	r.Previous = l.tail.hash
	hash, err := l.store.createNumbered(ctx, journalDir(l.ref), l.tail.seq+1, r)
	if errors.Is(err, errExists) {
		return l.fenced()
	}
	if err == nil {
		l.tail = &tail{seq: l.tail.seq + 1, hash: hash}
	}
	return err
}

// Release implements gitops.Lease. An update that began and was not committed
// has failed.
func (l *lease) Release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.checkEpoch(ctx)
	var fenced *gitops.FencedError
	if errors.As(err, &fenced) {
		return nil
	}
	if err == nil {
		err = l.store.recordFailure(ctx, l.ref, l.record.Update)
	}
	r := l.record
	if err == nil && r.Lock != "" {
		err = l.store.medium.Delete(ctx, r.Lock)
	}
	if err == nil {
		r.Update, r.Lock, r.Ended = nil, "", true
		err = l.save(ctx, r)
	}
	return l.store.explain("release a lease on", err)
}
