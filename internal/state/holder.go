package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// lease implements gitops.Lease.
//
// What it writes is about things that have happened in a cloud, so the end of
// a context never stops it. A database that cannot be reached is tried again
// until the lease must have run out.
type lease struct {
	store *Store
	stack int64 // never given to another one
	ttl   time.Duration

	mu   sync.Mutex
	info gitops.LeaseInfo
	// until is when, by this process's clock, the lease may have run out: its
	// time to live after it was last asked for.
	until time.Time
}

// Info implements gitops.Lease.
func (l *lease) Info() gitops.LeaseInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.info
}

// write runs f when the lease still holds its stack. A lease that has expired
// holds it until somebody else takes it: what it writes is then as safe as
// before, and not to write it would lose what happened.
func (l *lease) write(ctx context.Context, doing string, f func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error) error {
	ctx = context.WithoutCancel(ctx)
	s := l.store
	err := s.persist(ctx, s.writer, s.dialect.begin, l.deadline(), func(q querier) error {
		row, update, err := l.held(ctx, q)
		if err != nil {
			return err
		}
		return f(ctx, q, row, update)
	})
	if err != nil && s.dialect.transient(err) {
		return l.unreachable(doing, err)
	}
	return s.explain(doing, err)
}

func (l *lease) deadline() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// unreachable is the error after the last try.
func (l *lease) unreachable(doing string, err error) error {
	ref := l.Info().Ref
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("cannot %s the state store %s, and the lease on stack %q has run out meanwhile", doing, l.store.name, ref.Stack),
		Err:  l.store.scrub(err),
		Next: "what was saved before is intact; when the store can be reached again, look at what was not saved: " +
			"trunkline stack recover " + ref.Flags(),
	}
}

// held locks the stack and then looks whether the lease is still there. In one
// statement the lease could be one from before the lock.
func (l *lease) held(ctx context.Context, q querier) (row stackRow, update sql.NullInt64, err error) {
	info := l.Info()
	row.id = l.stack
	err = q.QueryRowContext(ctx,
		`SELECT version, journal_length, journal_hash, lost FROM stacks WHERE id = ?`+l.store.dialect.lock, l.stack).
		Scan(&row.version, &row.journalLength, &row.journalHash, &row.lost)
	var now int64
	if err == nil {
		err = q.QueryRowContext(ctx,
			`SELECT update_seq, `+l.store.dialect.now+` FROM leases WHERE epoch = ?`, l.store.clock(), info.Epoch).
			Scan(&update, &now)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = &gitops.FencedError{Lease: info}
	}
	row.now = fromNanos(now)
	return row, update, err
}

// Renew implements gitops.Lease.
func (l *lease) Renew(ctx context.Context) error {
	var expires int64
	asked := l.store.pace.now()
	err := l.write(ctx, "renew a lease in", func(ctx context.Context, q querier, row stackRow, _ sql.NullInt64) error {
		expires = nanos(row.now.Add(l.ttl))
		_, err := q.ExecContext(ctx, `UPDATE leases SET expires = ? WHERE stack = ?`, expires, row.id)
		return err
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.info.Expires, l.until = fromNanos(expires), asked.Add(l.ttl)
	return nil
}

// Begin implements gitops.Lease. An update that began before and was not
// committed has failed.
func (l *lease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	return l.write(ctx, "begin an update in", func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error {
		if err := failUpdate(ctx, q, update, row.now); err != nil {
			return err
		}
		seq, err := insertUpdate(ctx, q, row.id, u, row.now)
		if err != nil {
			return err
		}
		if err := pruneUpdates(ctx, q, row.id); err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, `UPDATE leases SET update_seq = ? WHERE stack = ?`, seq, row.id)
		return err
	})
}

// Append implements gitops.Lease.
func (l *lease) Append(ctx context.Context, entries [][]byte) error {
	return l.write(ctx, "write", func(ctx context.Context, q querier, row stackRow, _ sql.NullInt64) error {
		if len(entries) == 0 {
			return nil
		}
		return appendJournal(ctx, q, row, l.Info().Epoch, entries)
	})
}

// Commit implements gitops.Lease.
func (l *lease) Commit(ctx context.Context, deployment []byte, u gitops.UpdateRecord) (int64, error) {
	g, err := measure(l.Info().Ref, deployment)
	if err != nil {
		return 0, err
	}
	var version int64
	err = l.write(ctx, "write", func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error {
		version = row.version + 1
		return l.commit(ctx, q, row, version, g, update, u)
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

// commit makes a deployment the present one.
func (l *lease) commit(
	ctx context.Context, q querier, row stackRow, version int64, g measured, update sql.NullInt64, u gitops.UpdateRecord,
) error {
	if err := emptyJournal(ctx, q, row); err != nil {
		return err
	}
	if err := insertGeneration(ctx, q, row.id, version, g, nanos(row.now)); err != nil {
		return err
	}
	if err := l.store.pruneGenerations(ctx, q, row.id, version); err != nil {
		return err
	}
	if err := finishUpdate(ctx, q, update, version, u, row.now); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx,
		`UPDATE stacks SET version = ?, updated = ?, journal_length = 0, journal_hash = NULL, lost = NULL WHERE id = ?`,
		version, nanos(row.now), row.id)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE leases SET update_seq = NULL WHERE stack = ?`, row.id)
	return err
}

// Release implements gitops.Lease. An update that began and was not committed
// has failed.
func (l *lease) Release(ctx context.Context) error {
	err := l.write(ctx, "release a lease in", func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error {
		return removeLease(ctx, q, l.Info().Epoch, update, row.now)
	})
	var fenced *gitops.FencedError
	if errors.As(err, &fenced) {
		return nil
	}
	return err
}
