package state

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keepUpdates is how many records of a stack's updates are kept.
const keepUpdates = 1000

// The results of an update, in Pulumi's words.
const (
	inProgress = "in-progress"
	succeeded  = "succeeded"
	failed     = "failed"
)

// History implements gitops.StateStore.
func (s *Store) History(ctx context.Context, ref gitops.StackRef, limit, offset int) ([]gitops.UpdateRecord, error) {
	if limit <= 0 {
		limit = math.MaxInt32
	}
	var list []gitops.UpdateRecord
	err := s.read(ctx, "read", func(q querier) error {
		list = nil // when the read is tried again
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		rows, err := q.QueryContext(ctx,
			`SELECT version, operation, started, ended, message, environment, config, result, changes
			 FROM updates WHERE stack = ? ORDER BY seq DESC LIMIT ? OFFSET ?`, row.id, limit, max(offset, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			u, err := scanUpdate(rows)
			if err != nil {
				return err
			}
			list = append(list, u)
		}
		return rows.Err()
	})
	return list, err
}

func scanUpdate(rows *sql.Rows) (gitops.UpdateRecord, error) {
	var u gitops.UpdateRecord
	var operation string
	var started, ended int64
	var environment, changes []byte
	err := rows.Scan(&u.Version, &operation, &started, &ended, &u.Message, &environment, &u.Config, &u.Result, &changes)
	if err != nil {
		return u, err
	}
	u.Operation, u.Started, u.Ended = gitops.Operation(operation), fromNanos(started), fromNanos(ended)
	if err := json.Unmarshal(environment, &u.Environment); err != nil {
		return u, err
	}
	return u, json.Unmarshal(changes, &u.Changes)
}

// insertUpdate records an update that runs and returns its number.
func insertUpdate(ctx context.Context, q querier, stack int64, u gitops.UpdateRecord, now time.Time) (int64, error) {
	if u.Started.IsZero() {
		u.Started = now
	}
	environment, changes, err := encodeMaps(u)
	if err != nil {
		return 0, err
	}
	var seq int64
	err = q.QueryRowContext(ctx,
		`INSERT INTO updates (stack, operation, started, message, environment, config, result, changes)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		stack, plain(string(u.Operation)), nanos(u.Started), plain(u.Message), environment, u.Config, inProgress, changes).
		Scan(&seq)
	return seq, err
}

// pruneUpdates removes the oldest records of a stack beyond keepUpdates, a few
// at a time.
func pruneUpdates(ctx context.Context, q querier, stack int64) error {
	const atOnce = 20
	_, err := q.ExecContext(ctx,
		`DELETE FROM updates WHERE stack = ? AND seq IN (
		   SELECT seq FROM updates WHERE stack = ? AND seq <= (
		     SELECT seq FROM updates WHERE stack = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)
		   ORDER BY seq LIMIT ?)`, stack, stack, stack, keepUpdates, atOnce)
	return err
}

// finishUpdate ends the update that has begun, when one has. What u leaves
// empty stays as it was at the beginning.
func finishUpdate(ctx context.Context, q querier, update sql.NullInt64, version int64, u gitops.UpdateRecord, now time.Time) error {
	if !update.Valid {
		return nil
	}
	if u.Ended.IsZero() {
		u.Ended = now
	}
	result := cmp.Or(u.Result, succeeded)
	if result == inProgress {
		result = succeeded
	}
	environment, changes, err := encodeMaps(u)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx,
		`UPDATE updates SET version = ?, ended = ?, result = ?, changes = ?,
		   message     = coalesce(?, message),
		   environment = coalesce(?, environment),
		   config      = coalesce(?, config)
		 WHERE seq = ?`,
		version, nanos(u.Ended), plain(result), changes, unless(plain(u.Message), ""), unless(environment, "null"),
		u.Config, update.Int64)
	return err
}

// failUpdate ends an update whose lease ended before its commit.
func failUpdate(ctx context.Context, q querier, update sql.NullInt64, now time.Time) error {
	if !update.Valid {
		return nil
	}
	_, err := q.ExecContext(ctx,
		`UPDATE updates SET ended = ?, result = ? WHERE seq = ?`, nanos(now), failed, update.Int64)
	return err
}

// unless returns NULL for the value that says nothing.
func unless(text, nothing string) sql.NullString {
	return sql.NullString{String: text, Valid: text != nothing}
}

func encodeMaps(u gitops.UpdateRecord) (environment, changes string, err error) {
	e, err := json.Marshal(u.Environment)
	if err != nil {
		return "", "", err
	}
	c, err := json.Marshal(u.Changes)
	return string(e), string(c), err
}
