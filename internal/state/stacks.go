package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackRow is a row of the table stacks, and the time at which it was read.
type stackRow struct {
	id            int64
	version       int64
	journalLength int64
	journalHash   []byte
	lost          sql.NullString
	now           time.Time
}

// findStack returns the row of a stack, or a NotFound error.
func (s *Store) findStack(ctx context.Context, q querier, ref gitops.StackRef) (stackRow, error) {
	return s.stackRow(ctx, q, ref, "")
}

// lockStack is findStack for a transaction that goes on to change the stack.
func (s *Store) lockStack(ctx context.Context, q querier, ref gitops.StackRef) (stackRow, error) {
	return s.stackRow(ctx, q, ref, s.dialect.lock)
}

func (s *Store) stackRow(ctx context.Context, q querier, ref gitops.StackRef, lock string) (stackRow, error) {
	var r stackRow
	if !storable(ref) {
		return r, gitops.NoStack(ref)
	}
	var now int64
	err := q.QueryRowContext(ctx,
		`SELECT id, version, journal_length, journal_hash, lost, `+s.dialect.now+`
		 FROM stacks WHERE project = ? AND name = ?`+lock, s.clock(), ref.Project, ref.Stack).
		Scan(&r.id, &r.version, &r.journalLength, &r.journalHash, &r.lost, &now)
	if errors.Is(err, sql.ErrNoRows) {
		return r, gitops.NoStack(ref)
	}
	r.now = fromNanos(now)
	return r, err
}

// selectInfo reads the columns that scanInfo takes.
const selectInfo = `SELECT s.project, s.name, s.version, s.updated, s.journal_length,
	COALESCE(g.resources, 0), COALESCE(g.pending, 0)
	FROM stacks s LEFT JOIN generations g ON g.stack = s.id AND g.version = s.version `

func scanInfo(row interface{ Scan(...any) error }) (i gitops.StackInfo, err error) {
	var updated int64
	err = row.Scan(&i.Ref.Project, &i.Ref.Stack, &i.Version, &updated, &i.Journal, &i.Resources, &i.Pending)
	i.Updated = fromNanos(updated)
	return i, err
}

// Stacks implements gitops.StateStore.
func (s *Store) Stacks(ctx context.Context, project string) ([]gitops.StackInfo, error) {
	var list []gitops.StackInfo
	err := s.read(ctx, "list the stacks of", func(q querier) error {
		list = nil // when the read is tried again
		rows, err := q.QueryContext(ctx, selectInfo+`WHERE ? IN ('', s.project) ORDER BY s.project, s.name`, project)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			i, err := scanInfo(rows)
			if err != nil {
				return err
			}
			list = append(list, i)
		}
		return rows.Err()
	})
	return list, err
}

// Info implements gitops.StateStore.
func (s *Store) Info(ctx context.Context, ref gitops.StackRef) (i gitops.StackInfo, err error) {
	err = s.read(ctx, "read", func(q querier) error {
		i, err = scanInfo(q.QueryRowContext(ctx, selectInfo+`WHERE s.project = ? AND s.name = ?`, ref.Project, ref.Stack))
		if errors.Is(err, sql.ErrNoRows) {
			return gitops.NoStack(ref)
		}
		return err
	})
	return i, err
}

// Create implements gitops.StateStore.
func (s *Store) Create(ctx context.Context, ref gitops.StackRef, deployment []byte) error {
	g, err := measure(ref, deployment)
	if err != nil {
		return err
	}
	return s.write(ctx, "create a stack in", func(q querier) error {
		if err := s.nameIsFree(ctx, q, ref); err != nil {
			return err
		}
		var id, now int64
		err := q.QueryRowContext(ctx,
			`INSERT INTO stacks (project, name, version, updated) VALUES (?, ?, 0, 0) RETURNING id, `+s.dialect.now,
			ref.Project, ref.Stack, s.clock()).Scan(&id, &now)
		if err != nil {
			return s.nameTaken(ref, err)
		}
		return insertGeneration(ctx, q, id, 0, g, now)
	})
}

// nameTaken turns the refusal of a second stack with one name into the error
// that says so.
func (s *Store) nameTaken(ref gitops.StackRef, err error) error {
	if s.dialect.duplicate(err) {
		return gitops.StackExists(ref)
	}
	return err
}

func (s *Store) nameIsFree(ctx context.Context, q querier, ref gitops.StackRef) error {
	if !storable(ref) {
		return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%q cannot be the name of a stack", ref), Next: "use letters, digits, dots and hyphens"}
	}
	_, err := s.findStack(ctx, q, ref)
	switch {
	case err == nil:
		return gitops.StackExists(ref)
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
		if err := s.nameIsFree(ctx, q, to); err != nil {
			return err
		}
		_, err = q.ExecContext(ctx,
			`UPDATE stacks SET project = ?, name = ? WHERE id = ?`, to.Project, to.Stack, row.id)
		return s.nameTaken(to, err)
	})
}

// unleased returns the row of a stack that nobody holds. A lease that is over
// is cleared away; a live one is a LockedError.
func (s *Store) unleased(ctx context.Context, q querier, ref gitops.StackRef) (stackRow, error) {
	row, err := s.lockStack(ctx, q, ref)
	if err != nil {
		return row, err
	}
	held, err := s.clearLease(ctx, q, ref, row)
	if err == nil && held != nil {
		err = &gitops.LockedError{Lease: *held}
	}
	return row, err
}

// storable tells whether every database can keep the name of a stack.
func storable(ref gitops.StackRef) bool {
	return ref.Project == plain(ref.Project) && ref.Stack == plain(ref.Stack)
}

// plain returns text that every database can keep: UTF-8 without NUL.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
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
