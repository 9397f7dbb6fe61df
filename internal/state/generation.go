package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keepGenerations is how many committed deployments of a stack are kept.
const keepGenerations = 50

// Load implements gitops.StateStore.
func (s *Store) Load(ctx context.Context, ref gitops.StackRef) (gitops.State, error) {
	var state gitops.State
	err := s.read(ctx, "read", func(q querier) error {
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		deployment, sum, err := readGeneration(ctx, q, row.id, row.version)
		if err == nil {
			err = isNewest(ctx, q, row)
		}
		if err != nil {
			return s.damaged(ctx, q, ref, row, err)
		}
		links, err := readJournal(ctx, q, row.id)
		if err != nil {
			return err
		}
		if err := checkChain(sum, links, row.journalLength, row.journalHash); err != nil {
			return s.damaged(ctx, q, ref, row, err)
		}
		state = gitops.State{Version: row.version, Deployment: deployment}
		for _, l := range links {
			state.Journal = append(state.Journal, l.entry)
		}
		state.Lost, err = s.lostLease(ctx, q, ref, row, links)
		return err
	})
	return state, err
}

// Generations implements gitops.StateStore.
func (s *Store) Generations(ctx context.Context, ref gitops.StackRef) ([]gitops.Generation, error) {
	var list []gitops.Generation
	err := s.read(ctx, "read", func(q querier) error {
		list = nil // when the read is tried again
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		rows, err := q.QueryContext(ctx,
			`SELECT version, resources, bytes, created FROM generations
			 WHERE stack = ? ORDER BY version DESC`, row.id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var g gitops.Generation
			var created int64
			if err := rows.Scan(&g.Version, &g.Resources, &g.Bytes, &created); err != nil {
				return err
			}
			g.Created = fromNanos(created)
			list = append(list, g)
		}
		return rows.Err()
	})
	return list, err
}

// Generation implements gitops.StateStore. A damaged one is an error of kind
// Failed.
func (s *Store) Generation(ctx context.Context, ref gitops.StackRef, version int64) ([]byte, error) {
	var deployment []byte
	err := s.read(ctx, "read", func(q querier) error {
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		deployment, _, err = readGeneration(ctx, q, row.id, version)
		switch {
		case errors.Is(err, errNoGeneration):
			return &gitops.Error{
				Kind: gitops.NotFound,
				What: fmt.Sprintf("version %d of stack %q is not kept", version, ref.Stack),
				Next: fmt.Sprintf("the last %d versions are kept", s.keep),
			}
		case errors.Is(err, errDamaged):
			return gitops.Errorf(gitops.Failed, "version %d of stack %q in %s: %w", version, ref.Stack, s.name, err)
		}
		return err
	})
	return deployment, err
}

// What can be wrong with the content of a store.
var (
	errDamaged      = errors.New("does not match what was recorded")
	errNoGeneration = errors.New("is missing")
)

// readGeneration returns a deployment whose hash is right, and the hash.
func readGeneration(ctx context.Context, q querier, stack, version int64) (deployment, sum []byte, err error) {
	err = q.QueryRowContext(ctx,
		`SELECT deployment, sha256 FROM generations WHERE stack = ? AND version = ?`, stack, version).
		Scan(&deployment, &sum)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil, fmt.Errorf("the deployment %w", errNoGeneration)
	case err != nil:
		return nil, nil, err
	}
	if got := sha256.Sum256(deployment); !bytes.Equal(got[:], sum) || len(deployment) == 0 {
		return nil, nil, fmt.Errorf("the deployment %w", errDamaged)
	}
	return deployment, sum, nil
}

// isNewest checks that the version of a stack is the last one that was
// committed: an old deployment must not pass for the present one.
func isNewest(ctx context.Context, q querier, row stackRow) error {
	var newest int64
	err := q.QueryRowContext(ctx, `SELECT max(version) FROM generations WHERE stack = ?`, row.id).Scan(&newest)
	if err == nil && newest != row.version {
		err = fmt.Errorf("version %d was committed later: the recorded version %w", newest, errDamaged)
	}
	return err
}

// insertGeneration adds a committed deployment. now is in nanoseconds.
func insertGeneration(ctx context.Context, q querier, stack, version int64, g measured, now int64) error {
	sum := sha256.Sum256(g.deployment)
	_, err := q.ExecContext(ctx,
		`INSERT INTO generations (stack, version, resources, pending, bytes, created, sha256, deployment)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		stack, version, g.resources, g.pending, len(g.deployment), now, sum[:], g.deployment)
	return err
}

// pruneGenerations removes the oldest deployments beyond those that are kept,
// a few at a time: when the limit was lowered, the next commits share the work.
func (s *Store) pruneGenerations(ctx context.Context, q querier, stack, version int64) error {
	const atOnce = 5
	_, err := q.ExecContext(ctx,
		`DELETE FROM generations WHERE stack = ? AND version IN (
		   SELECT version FROM generations WHERE stack = ? AND version <= ? ORDER BY version LIMIT ?)`,
		stack, stack, version-int64(s.keep), atOnce)
	return err
}

// damaged says what is broken and which older version is whole. Causes other
// than damage pass unchanged.
func (s *Store) damaged(ctx context.Context, q querier, ref gitops.StackRef, row stackRow, cause error) error {
	if !errors.Is(cause, errDamaged) && !errors.Is(cause, errNoGeneration) {
		return cause
	}
	next := "no older version of it is intact: import a saved deployment with trunkline state import"
	if v, ok := s.newestIntact(ctx, q, row); ok {
		next = fmt.Sprintf("keep a copy of the store; version %d of the stack is intact: trunkline state restore %s %d; "+
			"what was created since is then unknown and would be created again: look for it in the cloud first", v, ref.Flags(), v)
	}
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("the state of stack %q in %s is damaged at version %d", ref.Stack, s.name, row.version),
		Err:  cause,
		Next: next,
	}
}

// newestIntact returns the newest version whose deployment is whole.
func (s *Store) newestIntact(ctx context.Context, q querier, row stackRow) (version int64, ok bool) {
	var newest sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT max(version) FROM generations WHERE stack = ?`, row.id).Scan(&newest)
	if err != nil {
		return 0, false
	}
	for v := newest.Int64; v >= 0 && v > newest.Int64-int64(s.keep); v-- {
		if _, _, err := readGeneration(ctx, q, row.id, v); err == nil {
			return v, true
		}
	}
	return 0, false
}

// measured is a deployment and what the lists say about it.
type measured struct {
	deployment         []byte
	resources, pending int
}

// measure counts what is in a deployment and refuses what is not one.
func measure(ref gitops.StackRef, deployment []byte) (measured, error) {
	var d struct {
		Deployment struct {
			Resources []skipped `json:"resources"`
			Pending   []skipped `json:"pending_operations"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(deployment, &d); err != nil {
		return measured{}, gitops.Errorf(gitops.Failed, "what should be saved for stack %q is not a deployment: %w", ref.Stack, err)
	}
	return measured{deployment, len(d.Deployment.Resources), len(d.Deployment.Pending)}, nil
}

// skipped is JSON of any form that is only counted.
type skipped struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*skipped) UnmarshalJSON([]byte) error { return nil }
