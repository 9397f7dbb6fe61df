package state

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackRow is a row of the table stacks.
type stackRow struct {
	id            int64
	version       int64
	journalLength int64
	journalHash   []byte
}

// findStack returns the row of a stack, or a NotFound error.
func findStack(ctx context.Context, q querier, ref gitops.StackRef) (stackRow, error) {
	var r stackRow
	err := q.QueryRowContext(ctx,
		`SELECT id, version, journal_length, journal_hash FROM stacks WHERE project = ? AND name = ?`,
		ref.Project, ref.Stack).Scan(&r.id, &r.version, &r.journalLength, &r.journalHash)
	if errors.Is(err, sql.ErrNoRows) {
		return r, noStack(ref)
	}
	return r, err
}

// Stacks implements gitops.StateStore.
func (s *Store) Stacks(ctx context.Context, project string) ([]gitops.StackInfo, error) {
	var list []gitops.StackInfo
	err := s.read(ctx, "list the stacks of", func(q querier) error {
		rows, err := q.QueryContext(ctx,
			`SELECT s.project, s.name, s.version, s.updated, COALESCE(g.resources, 0)
			 FROM stacks s LEFT JOIN generations g ON g.stack = s.id AND g.version = s.version
			 WHERE ? IN ('', s.project) ORDER BY s.project, s.name`, project)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var i gitops.StackInfo
			var updated int64
			if err := rows.Scan(&i.Ref.Project, &i.Ref.Stack, &i.Version, &updated, &i.Resources); err != nil {
				return err
			}
			i.Updated = fromNanos(updated)
			list = append(list, i)
		}
		return rows.Err()
	})
	return list, err
}

// Create implements gitops.StateStore.
func (s *Store) Create(ctx context.Context, ref gitops.StackRef, deployment []byte) error {
	resources, err := countResources(ref, deployment)
	if err != nil {
		return err
	}
	return s.write(ctx, "create a stack in", func(q querier) error {
		if err := nameIsFree(ctx, q, ref); err != nil {
			return err
		}
		res, err := q.ExecContext(ctx,
			`INSERT INTO stacks (project, name, version, updated) VALUES (?, ?, 0, 0)`, ref.Project, ref.Stack)
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		return insertGeneration(ctx, q, id, 0, deployment, resources, s.now())
	})
}

func nameIsFree(ctx context.Context, q querier, ref gitops.StackRef) error {
	_, err := findStack(ctx, q, ref)
	switch {
	case err == nil:
		return stackExists(ref)
	case gitops.KindOf(err) == gitops.NotFound:
		return nil
	}
	return err
}

// Remove implements gitops.StateStore.
func (s *Store) Remove(ctx context.Context, ref gitops.StackRef) error {
	return s.write(ctx, "remove a stack from", func(q querier) error {
		row, err := s.unleased(ctx, q, ref)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, `DELETE FROM stacks WHERE id = ?`, row.id)
		return err
	})
}

// Rename implements gitops.StateStore. A leased stack is a LockedError.
func (s *Store) Rename(ctx context.Context, from, to gitops.StackRef) error {
	return s.write(ctx, "rename a stack in", func(q querier) error {
		row, err := s.unleased(ctx, q, from)
		if err != nil {
			return err
		}
		if err := nameIsFree(ctx, q, to); err != nil {
			return err
		}
		_, err = q.ExecContext(ctx,
			`UPDATE stacks SET project = ?, name = ? WHERE id = ?`, to.Project, to.Stack, row.id)
		return err
	})
}

// unleased returns the row of a stack that nobody holds. A lease that is over
// is cleared away.
func (s *Store) unleased(ctx context.Context, q querier, ref gitops.StackRef) (stackRow, error) {
	row, err := findStack(ctx, q, ref)
	if err != nil {
		return row, err
	}
	return row, s.clearLease(ctx, q, ref, row.id)
}

// fromNanos is the time of a column in nanoseconds since 1970; 0 is the zero time.
func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// nanos is the inverse of fromNanos.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
