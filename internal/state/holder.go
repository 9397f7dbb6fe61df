package state

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// lease implements gitops.Lease.
//
// What it writes is about things that have happened in a cloud, so the end of
// a context never stops it; the store waits at most busyTimeout for others.
type lease struct {
	store *Store
	ttl   time.Duration

	mu   sync.Mutex
	info gitops.LeaseInfo
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
	return l.store.write(ctx, doing, func(q querier) error {
		info := l.Info()
		var row stackRow
		var update sql.NullInt64
		err := q.QueryRowContext(ctx,
			`SELECT s.id, s.version, s.journal_length, s.journal_hash, l.update_seq
			 FROM leases l JOIN stacks s ON s.id = l.stack WHERE l.epoch = ?`, info.Epoch).
			Scan(&row.id, &row.version, &row.journalLength, &row.journalHash, &update)
		if errors.Is(err, sql.ErrNoRows) {
			return &gitops.FencedError{Lease: info}
		}
		if err != nil {
			return err
		}
		return f(ctx, q, row, update)
	})
}

// Renew implements gitops.Lease.
func (l *lease) Renew(ctx context.Context) error {
	var expires int64
	err := l.write(ctx, "renew a lease in", func(ctx context.Context, q querier, row stackRow, _ sql.NullInt64) error {
		expires = nanos(l.store.now().Add(l.ttl))
		_, err := q.ExecContext(ctx, `UPDATE leases SET expires = ? WHERE stack = ?`, expires, row.id)
		return err
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.info.Expires = fromNanos(expires)
	return nil
}

// Begin implements gitops.Lease. An update that began before and was not
// committed has failed.
func (l *lease) Begin(ctx context.Context, u gitops.UpdateRecord) error {
	return l.write(ctx, "begin an update in", func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error {
		if err := failUpdate(ctx, q, update, l.store.now()); err != nil {
			return err
		}
		seq, err := insertUpdate(ctx, q, row.id, u, l.store.now())
		if err != nil {
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
	resources, err := countResources(l.Info().Ref, deployment)
	if err != nil {
		return 0, err
	}
	var version int64
	err = l.write(ctx, "write", func(ctx context.Context, q querier, row stackRow, update sql.NullInt64) error {
		version = row.version + 1
		now := l.store.now()
		if err := emptyJournal(ctx, q, row); err != nil {
			return err
		}
		if err := insertGeneration(ctx, q, row.id, version, deployment, resources, now); err != nil {
			return err
		}
		if err := finishUpdate(ctx, q, update, version, u, now); err != nil {
			return err
		}
		_, err := q.ExecContext(ctx,
			`UPDATE stacks SET version = ?, updated = ?, journal_length = 0, journal_hash = NULL WHERE id = ?`,
			version, nanos(now), row.id)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, `UPDATE leases SET update_seq = NULL WHERE stack = ?`, row.id)
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

// Release implements gitops.Lease. An update that began and was not committed
// has failed.
func (l *lease) Release(ctx context.Context) error {
	err := l.write(ctx, "release a lease in", func(ctx context.Context, q querier, _ stackRow, update sql.NullInt64) error {
		return l.store.endLease(ctx, q, leaseRow{LeaseInfo: l.Info(), update: update})
	})
	var fenced *gitops.FencedError
	if errors.As(err, &fenced) {
		return nil
	}
	return err
}
