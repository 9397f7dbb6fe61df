package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// leaseRow is a row of the table leases.
type leaseRow struct {
	gitops.LeaseInfo
	owner  owner.Process
	update sql.NullInt64 // the update that has begun and not ended
}

// Lease implements gitops.StateStore. A holder is known to be dead when it was
// a process of this machine, since its last start, that has ended.
func (s *Store) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	if req.TTL <= 0 {
		return nil, gitops.Errorf(gitops.Bug, "a lease on %s was asked for without a time to live", ref)
	}
	l := &lease{store: s, ttl: req.TTL}
	var locked *gitops.LockedError
	err := s.write(ctx, "lease a stack in", func(q querier) error {
		l.until = s.pace.now().Add(req.TTL)
		row, err := s.lockStack(ctx, q, ref)
		if err != nil {
			return err
		}
		held, err := s.clearLease(ctx, q, ref, row)
		if err != nil {
			return err
		}
		if locked, err = s.standInLine(ctx, q, ref, row, req, held); err != nil || locked != nil {
			return err // a place in line is kept
		}
		l.stack = row.id
		l.info = gitops.LeaseInfo{
			ID: rand.Text(), Ref: ref, Holder: plain(req.Holder), Operation: gitops.Operation(plain(string(req.Operation))),
			Since: row.now, Expires: row.now.Add(req.TTL),
		}
		l.info.Epoch, err = insertLease(ctx, q, row.id, l.info, s.self)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case locked != nil:
		return nil, locked
	}
	return l, nil
}

// Leases implements gitops.StateStore.
func (s *Store) Leases(ctx context.Context, ref gitops.StackRef) ([]gitops.LeaseInfo, error) {
	var list []gitops.LeaseInfo
	err := s.read(ctx, "read", func(q querier) error {
		list = nil // when the read is tried again
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		held, ok, err := readLease(ctx, q, ref, row.id)
		if ok && s.live(held, row.now) {
			list = append(list, held.LeaseInfo)
		}
		return err
	})
	return list, err
}

// Unlock implements gitops.StateStore. An ID that holds nothing is an error of
// kind NotFound.
func (s *Store) Unlock(ctx context.Context, ref gitops.StackRef, leaseID string) error {
	return s.write(ctx, "unlock a stack in", func(q querier) error {
		row, err := s.lockStack(ctx, q, ref)
		if err != nil {
			return err
		}
		held, ok, err := readLease(ctx, q, ref, row.id)
		switch {
		case err != nil:
			return err
		case !ok || held.ID != leaseID:
			return &gitops.Error{
				Kind: gitops.NotFound,
				What: fmt.Sprintf("no lease %s on stack %q", leaseID, ref.Stack),
				Next: "the lease has ended already",
			}
		}
		return s.endLease(ctx, q, row, held)
	})
}

// clearLease returns the live lease of a stack. One that is over is ended.
func (s *Store) clearLease(ctx context.Context, q querier, ref gitops.StackRef, row stackRow) (*gitops.LeaseInfo, error) {
	held, ok, err := readLease(ctx, q, ref, row.id)
	switch {
	case err != nil || !ok:
		return nil, err
	case s.live(held, row.now):
		return &held.LeaseInfo, nil
	}
	return nil, s.endLease(ctx, q, row, held)
}

// live tells whether a lease still excludes others.
func (s *Store) live(l leaseRow, now time.Time) bool {
	return now.Before(l.Expires) && !l.owner.Dead(s.self)
}

// endLease takes a lease from its holder, who may not know it.
func (s *Store) endLease(ctx context.Context, q querier, row stackRow, l leaseRow) error {
	if err := s.keepLost(ctx, q, row, l); err != nil {
		return err
	}
	return removeLease(ctx, q, l.Epoch, l.update, row.now)
}

// removeLease removes a lease. An update that it left unfinished has failed.
func removeLease(ctx context.Context, q querier, epoch int64, update sql.NullInt64, now time.Time) error {
	if err := failUpdate(ctx, q, update, now); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `DELETE FROM leases WHERE epoch = ?`, epoch)
	return err
}

// insertLease returns the new lease's epoch.
func insertLease(ctx context.Context, q querier, stack int64, i gitops.LeaseInfo, o owner.Process) (int64, error) {
	var epoch int64
	err := q.QueryRowContext(ctx,
		`INSERT INTO leases (stack, id, holder, operation, since, expires, host, boot, space, pid, started)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING epoch`,
		stack, i.ID, i.Holder, string(i.Operation), nanos(i.Since), nanos(i.Expires),
		o.Host, o.Boot, o.Space, o.PID, o.Started).Scan(&epoch)
	return epoch, err
}

// readLease returns the lease of a stack, live or not; ok is false when there
// is none.
func readLease(ctx context.Context, q querier, ref gitops.StackRef, stack int64) (l leaseRow, ok bool, err error) {
	var operation string
	var since, expires int64
	err = q.QueryRowContext(ctx,
		`SELECT epoch, id, holder, operation, since, expires, host, boot, space, pid, started, update_seq
		 FROM leases WHERE stack = ?`, stack).
		Scan(&l.Epoch, &l.ID, &l.Holder, &operation, &since, &expires,
			&l.owner.Host, &l.owner.Boot, &l.owner.Space, &l.owner.PID, &l.owner.Started, &l.update)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	l.Ref, l.Operation = ref, gitops.Operation(operation)
	l.Since, l.Expires = fromNanos(since), fromNanos(expires)
	return l, err == nil, err
}
