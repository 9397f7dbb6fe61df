package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	// leaseTTL is how long a lease, or a place in line, lasts without a sign of
	// life, when nobody says otherwise.
	leaseTTL = 30 * time.Second
	// leasePoll is how often one who waits asks at least whether it is his turn.
	leasePoll = 500 * time.Millisecond
)

// pace is the life of leases. Tests make it faster.
type pace struct{ ttl, renew, poll time.Duration }

// paceOf returns the pace of leases that live for ttl.
func paceOf(ttl time.Duration) pace {
	if ttl <= 0 {
		ttl = leaseTTL
	}
	return pace{ttl: ttl, renew: ttl / 3, poll: min(leasePoll, ttl/3)}
}

// takeLease takes the stack and keeps it, after waiting in line when the
// request says so. A dry run does not need it.
func (op *operation) takeLease() error {
	if op.req.DryRun {
		return nil
	}
	req := gitops.LeaseRequest{Holder: op.req.Holder, Operation: op.req.Operation, TTL: op.eng.pace.ttl}
	if op.req.Wait != nil {
		req.Ticket = rand.Text()
	}
	lease, err := op.waitForLease(req)
	if err != nil {
		return err
	}
	op.lease = lease
	go op.keepLease(lease)
	return nil
}

// waitForLease asks for the lease until it is there. It tells the request's
// Wait when it starts to wait and when what it waits for has changed. Whoever
// waits already keeps his place while the store is away for a moment.
func (op *operation) waitForLease(req gitops.LeaseRequest) (gitops.Lease, error) {
	var told gitops.LockedError
	var heard time.Time // of the store, while in line
	tick := time.NewTicker(op.eng.pace.poll)
	defer tick.Stop()
	for {
		asked := time.Now()
		lease, err := op.eng.opts.Store.Lease(op.ctx, op.req.Ref, req)
		var locked *gitops.LockedError
		away := gitops.KindOf(err) == gitops.Failed && time.Since(heard) < op.eng.pace.ttl
		switch {
		case req.Ticket != "" && errors.As(err, &locked):
			heard = asked
			if locked.Lease.ID != told.Lease.ID || locked.Position != told.Position {
				told = *locked
				op.req.Wait(told)
			}
		case !away:
			op.tell(asked)
			return lease, err
		}
		select {
		case <-tick.C:
		case <-op.cancel.Canceled():
			leave := op.eng.opts.Store.Leave(op.ctx, op.req.Ref, req.Ticket)
			return nil, errors.Join(gitops.Errorf(gitops.Cancelled, "%s was cancelled while it waited for the stack", op.req.Operation), leave)
		}
	}
}

// keepLease renews the lease until the operation is over. A store that is out
// of reach for as long as a lease lives counts as a lost lease: somebody else
// may have the stack by then.
func (op *operation) keepLease(lease gitops.Lease) {
	tick := time.NewTicker(op.eng.pace.renew)
	defer tick.Stop()
	for {
		select {
		case <-op.over:
			return
		case <-tick.C:
		}
		if lost := op.lossBy(op.renew(lease), lease); lost != nil {
			op.lose(lost)
			return
		}
	}
}

// lossBy tells why the lease counts as lost after a renewal that ended with err,
// nil when it does not.
func (op *operation) lossBy(err error, lease gitops.Lease) error {
	var fenced *gitops.FencedError
	switch {
	case errors.As(err, &fenced), gitops.KindOf(err) == gitops.Bug:
		return err
	case err != nil && op.overdue():
		return &gitops.FencedError{Lease: lease.Info()}
	}
	return nil
}

// renew gives the store as long as the next renewal is away.
func (op *operation) renew(lease gitops.Lease) (err error) {
	defer storePanic(&err)
	ctx, cancel := context.WithTimeout(op.ctx, op.eng.pace.renew)
	defer cancel()
	asked := time.Now()
	if err := lease.Renew(ctx); err != nil {
		return err
	}
	op.tell(asked) // the store counts from when it heard of it, which is later
	return nil
}

func (op *operation) tell(at time.Time) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.told = at
}

// overdue tells that somebody else may have the stack, for all that is known
// here: this process was stopped, or the store is out of reach.
func (op *operation) overdue() bool {
	op.mu.Lock()
	defer op.mu.Unlock()
	now := time.Now()
	return now.Sub(op.told) > op.eng.pace.ttl ||
		now.Round(0).Sub(op.told.Round(0)) > op.eng.pace.ttl // the other clock stands still while a machine sleeps
}

// held makes sure that the lease is still there, before something is begun. It
// asks the store only when there is a doubt.
func (op *operation) held() error {
	if !op.overdue() {
		return nil
	}
	err := op.renew(op.lease)
	if lost := op.lossBy(err, op.lease); lost != nil {
		go op.lose(lost) // it closes the journal, which waits for this
		return lost
	}
	return err
}
