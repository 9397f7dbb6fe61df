package state

import (
	"context"
	"encoding/json"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/line"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// standInLine returns nil when it is the request's turn, else why not. It keeps
// the line: who has left goes, a ticket gets its place or keeps it.
func (s *Store) standInLine(
	ctx context.Context, q querier, ref gitops.StackRef, row stackRow, req gitops.LeaseRequest, held *gitops.LeaseInfo,
) (*gitops.LockedError, error) {
	all, err := s.readLine(ctx, q, ref, row.id)
	if err != nil {
		return nil, err
	}
	ticket := plain(req.Ticket)
	a := line.Ask(all, ticket, held, row.now)
	out := a.Left
	if a.Wait == nil && a.At == 0 {
		out = append(out, a.There[0]) // is served
	}
	for _, p := range out {
		if _, err := q.ExecContext(ctx, `DELETE FROM line WHERE seq = ?`, p.Seq); err != nil {
			return nil, err
		}
	}
	if a.Wait != nil && ticket != "" {
		err = s.keepPlace(ctx, q, row, req, ticket)
	}
	return a.Wait, err
}

// keepPlace gives a ticket its place at the end of the line, or the place it
// has for another while.
func (s *Store) keepPlace(ctx context.Context, q querier, row stackRow, req gitops.LeaseRequest, ticket string) error {
	self, err := json.Marshal(s.self)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx,
		`INSERT INTO line (stack, ticket, holder, operation, since, until, owner) VALUES (?, ?, ?, ?, ?, ?, ?)
		 ON CONFLICT (stack, ticket) DO UPDATE SET until = excluded.until, owner = excluded.owner`,
		row.id, ticket, plain(req.Holder), plain(string(req.Operation)), nanos(row.now), nanos(row.now.Add(req.TTL)), string(self))
	return err
}

// readLine returns everybody who stood in line and was not taken out of it.
func (s *Store) readLine(ctx context.Context, q querier, ref gitops.StackRef, stack int64) ([]line.Place, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT seq, ticket, holder, operation, since, until, owner FROM line WHERE stack = ? ORDER BY seq`, stack)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []line.Place
	for rows.Next() {
		p := line.Place{As: gitops.LeaseInfo{Ref: ref}}
		var operation, waits string
		var since, until int64
		if err := rows.Scan(&p.Seq, &p.Ticket, &p.As.Holder, &operation, &since, &until, &waits); err != nil {
			return nil, err
		}
		var who owner.Process
		if err := json.Unmarshal([]byte(waits), &who); err != nil {
			return nil, err
		}
		p.As.Operation, p.As.Since, p.Until = gitops.Operation(operation), fromNanos(since), fromNanos(until)
		p.Gone = who.Dead(s.self)
		all = append(all, p)
	}
	return all, rows.Err()
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
