package diy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// numberedLease is a lease with its epoch.
type numberedLease struct {
	epoch int64
	leaseRecord
}

// readLeases returns the lease objects of a stack, oldest first. The last one
// counts; older ones are there when their end has not been tidied up.
func (s *Store) readLeases(ctx context.Context, ref gitops.StackRef) ([]numberedLease, error) {
	numbers, err := s.numbers(ctx, leaseDir(ref))
	if err != nil {
		return nil, err
	}
	var list []numberedLease
	for i, n := range numbers {
		l := numberedLease{epoch: n}
		key := numbered(leaseDir(ref), n)
		raw, err := s.medium.Get(ctx, key)
		if errors.Is(err, errMissing) && i < len(numbers)-1 {
			continue // tidied up just now
		}
		if errors.Is(err, errMissing) {
			return nil, errMoved
		}
		if err == nil {
			_, err = unpack(raw, &l.leaseRecord)
		}
		if errors.Is(err, errDamaged) {
			return nil, &gitops.Error{
				Kind: gitops.Failed, Err: err,
				What: fmt.Sprintf("the lease %s of stack %q in %s cannot be read", key, ref.Stack, s.place.shown),
				Next: "make sure that nobody works on the stack and delete that object",
			}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// live tells whether a lease still excludes others.
func (s *Store) live(l numberedLease) bool {
	return !l.Ended && s.now().Before(l.Expires) && !l.Owner.Dead(s.self)
}

// last returns the lease that counts.
func last(leases []numberedLease) numberedLease {
	if len(leases) == 0 {
		return numberedLease{leaseRecord: leaseRecord{Ended: true}}
	}
	return leases[len(leases)-1]
}

// Lease implements gitops.StateStore. A holder is known to be dead when it was a
// process of this machine, since its last start, that has ended. A lock of the
// Pulumi CLI is never taken over.
func (s *Store) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	if req.TTL <= 0 {
		return nil, gitops.Errorf(gitops.Bug, "a lease on %s was asked for without a time to live", ref)
	}
	if err := s.exists(ctx, ref); err != nil {
		return nil, s.explain("read", err)
	}
	l, err := s.take(ctx, ref, req, taking{inLine: true})
	if err != nil {
		return nil, s.explain("lease a stack of", err)
	}
	if err := l.lock(ctx); err != nil {
		_ = s.unlock(ctx, ref, l.known()) // the lock file may be there; the first error says why
		_ = l.Release(ctx)                // as above
		return nil, s.explain("lock a stack of", err)
	}
	return l, nil
}

// taking says how a stack is taken.
type taking struct {
	least  int64 // the epoch is above it
	inLine bool  // whoever waits goes first
}

// take takes a free stack, whether it exists or not. It does not keep the Pulumi
// CLI away.
func (s *Store) take(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, how taking) (*lease, error) {
	if err := s.checkExclusion(ctx); err != nil {
		return nil, err
	}
	var l *lease
	err := s.settled(ctx, func() error {
		leases, err := s.readLeases(ctx, ref)
		if err != nil {
			return err
		}
		if err := s.mayTake(ctx, ref, req, leases, how.inLine); err != nil {
			return err
		}
		l, err = s.succeed(ctx, ref, req, leases, how.least)
		return err
	})
	if err == nil && how.inLine {
		err = s.leaveLine(ctx, ref, req.Ticket)
	}
	return l, err
}

// mayTake returns an error when somebody holds the stack or goes first.
func (s *Store) mayTake(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, leases []numberedLease, inLine bool) error {
	var held *gitops.LeaseInfo
	var busy error
	if cur := last(leases); s.live(cur) {
		info := cur.info(ref, cur.epoch)
		held, busy = &info, &gitops.LockedError{Lease: info}
	} else if busy = s.cliWorks(ctx, ref, leases); busy != nil {
		var locked *gitops.LockedError
		if !errors.As(busy, &locked) {
			return busy
		}
		held = &locked.Lease
	}
	if !inLine {
		return busy
	}
	wait, err := s.standInLine(ctx, ref, req, held)
	if err != nil || wait == nil {
		return err
	}
	if held != nil && strings.HasPrefix(held.ID, cliPrefix) {
		return lockedByCLI(wait)
	}
	return wait
}

// succeed creates the next lease and tidies up after those before.
func (s *Store) succeed(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, before []numberedLease, least int64) (*lease, error) {
	now := s.now().UTC()
	l := &lease{store: s, ref: ref, ttl: req.TTL, epoch: max(last(before).epoch, least) + 1, record: leaseRecord{
		ID: rand.Text(), Holder: req.Holder, Operation: req.Operation,
		Since: now, Expires: now.Add(req.TTL), Owner: s.self,
	}}
	_, err := s.createNumbered(ctx, leaseDir(ref), l.epoch, l.record)
	if errors.Is(err, errExists) {
		return nil, errMoved
	}
	if err != nil {
		return nil, err
	}
	// A number may be free because others have gone on and tidied up.
	numbers, err := s.numbers(ctx, leaseDir(ref))
	if err != nil {
		return nil, err
	}
	if len(numbers) == 0 || numbers[len(numbers)-1] != l.epoch {
		_ = s.medium.Delete(ctx, numbered(leaseDir(ref), l.epoch)) // whoever comes next does it otherwise
		return nil, errMoved
	}
	for _, b := range before {
		if err := s.bury(ctx, ref, b, l); err != nil {
			return nil, errors.Join(err, l.Release(ctx))
		}
	}
	return l, nil
}

// bury tidies up after a lease that was not released: its lock file, its journal
// and its update. It is done again when it was interrupted. by is the lease that
// follows, if any.
func (s *Store) bury(ctx context.Context, ref gitops.StackRef, old numberedLease, by *lease) error {
	if !old.Ended {
		if err := s.unlock(ctx, ref, old.leaseRecord); err != nil {
			return err
		}
		if err := s.fence(ctx, ref, old, by); err != nil {
			return err
		}
		if err := s.recordFailure(ctx, ref, old.Update); err != nil {
			return err
		}
	}
	return s.medium.Delete(ctx, numbered(leaseDir(ref), old.epoch))
}
