package diy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
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

// inLine is a ticket with its number.
type inLine struct {
	seq int64
	ticketRecord
}

// stillThere parts a line into those who wait and those who have left: their
// time is over, or their process is known to have ended.
func stillThere(line []inLine, now time.Time, me owner.Process) (there, left []inLine) {
	for _, p := range line {
		if now.Before(p.Until) && !p.Owner.Dead(me) {
			there = append(there, p)
		} else {
			left = append(left, p)
		}
	}
	return there, left
}

// standInLine returns nil when it is the request's turn, else why not. It keeps
// the line: who has left goes, a ticket gets its place or keeps it. held is who
// has the stack.
func (s *Store) standInLine(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, held *gitops.LeaseInfo) (*gitops.LockedError, error) {
	line, err := s.readLine(ctx, ref)
	if err != nil {
		return nil, err
	}
	there, left := stillThere(line, s.now(), s.self)
	at := -1
	if req.Ticket != "" {
		at = slices.IndexFunc(there, func(p inLine) bool { return p.Ticket == req.Ticket })
	}
	for _, p := range left {
		if err := s.medium.Delete(ctx, numbered(lineDir(ref), p.seq)); err != nil {
			return nil, err
		}
	}
	if held == nil && (at == 0 || len(there) == 0) {
		return nil, nil
	}
	if req.Ticket != "" {
		if err := s.keepPlace(ctx, ref, req, there, at); err != nil {
			return nil, err
		}
		if at < 0 {
			at = len(there) // the new end
		}
	}
	if held == nil {
		first := there[0]
		held = &gitops.LeaseInfo{Ref: ref, Holder: first.Holder, Operation: first.Operation, Since: first.Since}
	}
	return &gitops.LockedError{Lease: *held, Position: at + 1}, nil
}

// keepPlace gives a ticket its place at the end of the line, or the place it has
// for another while.
func (s *Store) keepPlace(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest, there []inLine, at int) error {
	now := s.now().UTC()
	r := ticketRecord{Ticket: req.Ticket, Holder: req.Holder, Operation: req.Operation, Since: now, Until: now.Add(req.TTL), Owner: s.self}
	if at >= 0 {
		r.Since = there[at].Since
		raw, _, err := pack(r)
		if err != nil {
			return err
		}
		return s.medium.Put(ctx, numbered(lineDir(ref), there[at].seq), raw)
	}
	next := int64(1)
	if n := len(there); n > 0 {
		next = there[n-1].seq + 1
	}
	_, err := s.createNumbered(ctx, lineDir(ref), next, r)
	if errors.Is(err, errExists) {
		return errMoved
	}
	return err
}

// readLine returns everybody who stood in line and was not taken out of it. A
// ticket that cannot be read has left.
func (s *Store) readLine(ctx context.Context, ref gitops.StackRef) ([]inLine, error) {
	numbers, err := s.numbers(ctx, lineDir(ref))
	if err != nil {
		return nil, err
	}
	var line []inLine
	for _, n := range numbers {
		p := inLine{seq: n}
		raw, err := s.medium.Get(ctx, numbered(lineDir(ref), n))
		if errors.Is(err, errMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, err := unpack(raw, &p.ticketRecord); err != nil {
			p.ticketRecord = ticketRecord{}
		}
		line = append(line, p)
	}
	return line, nil
}

// leaveLine takes a ticket out of the line.
func (s *Store) leaveLine(ctx context.Context, ref gitops.StackRef, ticket string) error {
	line, err := s.readLine(ctx, ref)
	if err != nil {
		return err
	}
	for _, p := range line {
		if ticket == "" || p.Ticket != ticket {
			continue
		}
		if err := s.medium.Delete(ctx, numbered(lineDir(ref), p.seq)); err != nil {
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
