package diy

import (
	"context"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/line"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// ticketRecord is the object of one ticket in line. Numbers are in the order of
// the line; only the one who waits rewrites it.
type ticketRecord struct {
	Ticket    string           `json:"ticket"`
	Holder    string           `json:"holder"`
	Operation gitops.Operation `json:"operation"`
	Since     time.Time        `json:"since"`
	Until     time.Time        `json:"until"`
	Owner     owner.Process    `json:"owner"`
}

// standInLine returns nil when it is the request's turn, else why not. It keeps
// the line: who has left goes, a ticket gets its place or keeps it. held is who
// has the stack.
func (s *Store) standInLine(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, held *gitops.LeaseInfo) (*gitops.LockedError, error) {
	all, err := s.readLine(ctx, ref)
	if err != nil {
		return nil, err
	}
	a := line.Ask(all, req.Ticket, held, s.now())
	for _, p := range a.Left {
		if err := s.medium.Delete(ctx, numbered(lineDir(ref), p.Seq)); err != nil {
			return nil, err
		}
	}
	if a.Wait != nil && req.Ticket != "" {
		err = s.keepPlace(ctx, ref, req, a)
	}
	if err != nil {
		return nil, err
	}
	return a.Wait, nil
}

// keepPlace gives a ticket its place at the end of the line, or the place it has
// for another while.
func (s *Store) keepPlace(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, a line.Answer) error {
	now := s.now().UTC()
	r := ticketRecord{Ticket: req.Ticket, Holder: req.Holder, Operation: req.Operation, Since: now, Until: now.Add(req.TTL), Owner: s.self}
	if a.At >= 0 {
		mine := a.There[a.At]
		r.Since = mine.As.Since
		raw, _, err := pack(r)
		if err != nil {
			return err
		}
		return s.medium.Put(ctx, numbered(lineDir(ref), mine.Seq), raw)
	}
	next := int64(1)
	if n := len(a.There); n > 0 {
		next = a.There[n-1].Seq + 1
	}
	_, err := s.createNumbered(ctx, lineDir(ref), next, r)
	if errors.Is(err, errExists) {
		return errMoved
	}
	return err
}

// readLine returns everybody who stood in line and was not taken out of it. A
// ticket that cannot be read has left.
func (s *Store) readLine(ctx context.Context, ref gitops.StackRef) ([]line.Place, error) {
	numbers, err := s.numbers(ctx, lineDir(ref))
	if err != nil {
		return nil, err
	}
	var all []line.Place
	for _, n := range numbers {
		raw, err := s.medium.Get(ctx, numbered(lineDir(ref), n))
		if errors.Is(err, errMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var r ticketRecord
		if _, err := unpack(raw, &r); err != nil {
			r = ticketRecord{} // its time is over
		}
		all = append(all, line.Place{
			Seq: n, Ticket: r.Ticket, Until: r.Until, Gone: r.Owner.Dead(s.self),
			As: gitops.LeaseInfo{Ref: ref, Holder: r.Holder, Operation: r.Operation, Since: r.Since},
		})
	}
	return all, nil
}

// leaveLine takes a ticket out of the line.
func (s *Store) leaveLine(ctx context.Context, ref gitops.StackRef, ticket string) error {
	all, err := s.readLine(ctx, ref)
	if err != nil {
		return err
	}
	for _, p := range all {
		if ticket == "" || p.Ticket != ticket {
			continue
		}
		if err := s.medium.Delete(ctx, numbered(lineDir(ref), p.Seq)); err != nil {
			return err
		}
	}
	return nil
}

// Leave implements gitops.StateStore.
func (s *Store) Leave(ctx context.Context, ref gitops.StackRef, ticket string) error {
	err := s.exists(ctx, ref)
	if err == nil {
		err = s.leaveLine(ctx, ref, ticket)
	}
	return s.explain("leave the line in", err)
}
