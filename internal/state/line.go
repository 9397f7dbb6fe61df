package state

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// place is one ticket in the line for a stack.
type place struct {
	seq    int64
	ticket string
	as     gitops.LeaseInfo // who waits, for what, since when
	until  time.Time
	owner  owner
}

// stillThere parts a line into those who wait and those who have left: their
// time is over, or their process is known to have ended.
func stillThere(line []place, now time.Time, me owner) (there, left []place) {
	for _, p := range line {
		if now.Before(p.until) && !p.owner.Dead(me) {
			there = append(there, p)
		} else {
			left = append(left, p)
		}
	}
	return there, left
}

// turn says whether a request may take the stack: at is the place of its
// ticket in line from 0, -1 without one, and length counts all who wait.
func turn(held bool, at, length int) bool {
	return !held && (at == 0 || length == 0)
}

// standInLine returns nil when it is the request's turn, else why not. It keeps
// the line: who has left goes, a ticket gets its place or keeps it.
func (s *Store) standInLine(
	ctx context.Context, q querier, ref gitops.StackRef, row stackRow, req gitops.LeaseRequest, held *leaseRow,
) (*gitops.LockedError, error) {
	line, err := readLine(ctx, q, ref, row.id)
	if err != nil {
		return nil, err
	}
	there, left := stillThere(line, row.now, s.self)
	ticket := plain(req.Ticket)
	at := -1
	if ticket != "" {
		at = slices.IndexFunc(there, func(p place) bool { return p.ticket == ticket })
	}
	mine := turn(held != nil, at, len(there))
	if mine && at == 0 {
		left = append(left, there[0])
	}
	for _, p := range left {
		if _, err := q.ExecContext(ctx, `DELETE FROM line WHERE seq = ?`, p.seq); err != nil {
			return nil, err
		}
	}
	if mine {
		return nil, nil
	}
	if ticket != "" {
		if err := s.keepPlace(ctx, q, row, req, ticket); err != nil {
			return nil, err
		}
		if at < 0 {
			at = len(there) // the new end
		}
	}
	if held != nil {
		return &gitops.LockedError{Lease: held.LeaseInfo, Position: at + 1}, nil
	}
	return &gitops.LockedError{Lease: there[0].as, Position: at + 1}, nil
}

// keepPlace gives a ticket its place at the end of the line, or the place it
// has for another while.
func (s *Store) keepPlace(ctx context.Context, q querier, row stackRow, req gitops.LeaseRequest, ticket string) error {
	owner, err := json.Marshal(s.self)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx,
		`INSERT INTO line (stack, ticket, holder, operation, since, until, owner) VALUES (?, ?, ?, ?, ?, ?, ?)
		 ON CONFLICT (stack, ticket) DO UPDATE SET until = excluded.until, owner = excluded.owner`,
		row.id, ticket, plain(req.Holder), plain(string(req.Operation)), nanos(row.now), nanos(row.now.Add(req.TTL)), string(owner))
	return err
}

// readLine returns everybody who stood in line and was not taken out of it.
func readLine(ctx context.Context, q querier, ref gitops.StackRef, stack int64) ([]place, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT seq, ticket, holder, operation, since, until, owner FROM line WHERE stack = ? ORDER BY seq`, stack)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var line []place
	for rows.Next() {
		p := place{as: gitops.LeaseInfo{Ref: ref}}
		var operation, owner string
		var since, until int64
		if err := rows.Scan(&p.seq, &p.ticket, &p.as.Holder, &operation, &since, &until, &owner); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(owner), &p.owner); err != nil {
			return nil, err
		}
		p.as.Operation, p.as.Since, p.until = gitops.Operation(operation), fromNanos(since), fromNanos(until)
		line = append(line, p)
	}
	return line, rows.Err()
}

// Leave implements gitops.StateStore.
func (s *Store) Leave(ctx context.Context, ref gitops.StackRef, ticket string) error {
	return s.write(ctx, "leave the line in", func(q querier) error {
		row, err := s.lockStack(ctx, q, ref)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, `DELETE FROM line WHERE stack = ? AND ticket = ?`, row.id, plain(ticket))
		return err
	})
}
