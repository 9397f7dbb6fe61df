package diy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
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

	mu     sync.Mutex // guards record, and its writing
	record leaseRecord

	order sync.Mutex // one write after the other; renewing does not wait for it
	fence int64      // number of the journal object that shut others out
	// tail is where the journal ends; nil before it was looked up.
	tail *tail
	// replacing: Pulumi's code has its lock file in hand.
	replacing atomic.Bool
}

// tail is the end of a journal.
type tail struct {
	seq  int64
	hash string
}

// Info implements gitops.Lease.
func (l *lease) Info() gitops.LeaseInfo { return l.known().info(l.ref, l.epoch) }

// known is what the lease's object says.
func (l *lease) known() leaseRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record
}

// write runs f when the lease still holds its stack. A lease that has expired
// holds it until somebody else takes it.
func (l *lease) write(ctx context.Context, doing string, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err := l.check(ctx)
	if err == nil {
		err = f(ctx)
	}
	return l.store.explain(doing, err)
}

// check returns a FencedError when the lease was lost: there is a higher number,
// or pulumi cancel has removed its lock file.
func (l *lease) check(ctx context.Context) error {
	lock := l.known().Lock
	if err := l.checkEpoch(ctx); err != nil || lock == "" || l.replacing.Load() {
		return err
	}
	locks, err := l.store.medium.List(ctx, lock)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(locks, func(o object) bool { return o.Key == lock }) && !l.replacing.Load() {
		return l.fenced()
	}
	return nil
}

func (l *lease) checkEpoch(ctx context.Context) error {
	if l.known().Ended {
		return l.fenced()
	}
	numbers, err := l.store.numbers(ctx, leaseDir(l.ref))
	if err == nil && (len(numbers) == 0 || numbers[len(numbers)-1] != l.epoch) {
		err = l.fenced()
	}
	return err
}

func (l *lease) fenced() error {
	return &gitops.FencedError{Lease: l.Info()}
}

// save changes the lease's own object, unless the lease has ended.
func (l *lease) save(ctx context.Context, change func(r *leaseRecord)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.record.Ended {
		return &gitops.FencedError{Lease: l.record.info(l.ref, l.epoch)}
	}
	r := l.record
	change(&r)
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
	if err := l.store.pulumi.lock(ctx, l.ref); err != nil {
		if busy := l.store.cliWorks(ctx, l.ref, []numberedLease{{l.epoch, l.known()}}); busy != nil {
			return busy
		}
		return err
	}
	key, err := l.store.ownLock(ctx, l.ref)
	if err != nil {
		return err
	}
	return l.save(ctx, func(r *leaseRecord) { r.Lock = key })
}

// Renew implements gitops.Lease.
func (l *lease) Renew(ctx context.Context) error {
	return l.write(ctx, "renew a lease on", func(ctx context.Context) error {
		return l.save(ctx, func(r *leaseRecord) { r.Expires = l.store.now().UTC().Add(l.ttl) })
	})
}

// Begin implements gitops.Lease. An update that began before and was not
// committed has failed.
func (l *lease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	l.order.Lock()
	defer l.order.Unlock()
	return l.write(ctx, "begin an update of", func(ctx context.Context) error {
		if err := l.store.recordFailure(ctx, l.ref, l.known().Update); err != nil {
			return err
		}
		if u.Started.IsZero() {
			u.Started = l.store.now().UTC()
		}
		u.Result = inProgress
		return l.save(ctx, func(r *leaseRecord) { r.Update = &u })
	})
}

// Append implements gitops.Lease.
func (l *lease) Append(ctx context.Context, entries [][]byte) error {
	l.order.Lock()
	defer l.order.Unlock()
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
	l.order.Lock()
	defer l.order.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err := l.checkEpoch(ctx)
	r := l.known()
	if err == nil {
		err = l.store.recordFailure(ctx, l.ref, r.Update)
	}
	if err == nil && r.Lock != "" {
		err = l.store.medium.Delete(ctx, r.Lock)
	}
	if err == nil {
		err = l.save(ctx, func(r *leaseRecord) { r.Update, r.Lock, r.Ended = nil, "", true })
	}
	var fenced *gitops.FencedError
	if errors.As(err, &fenced) {
		return nil
	}
	return l.store.explain("release a lease on", err)
}
