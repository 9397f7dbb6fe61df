package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// pace is how patiently a store waits for a database that it cannot reach.
type pace struct {
	patience    time.Duration // for what is not done under a lease
	first, most time.Duration // waits between attempts, doubled each time
	now         func() time.Time
	sleep       func(ctx context.Context, d time.Duration) error
}

func defaultPace() pace {
	return pace{patience: 5 * time.Second, first: 50 * time.Millisecond, most: time.Second, now: time.Now, sleep: sleep}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// persist does f once, in one transaction, and tries again until the deadline
// when the database cannot be reached. f may run several times, but takes
// effect at most once: the outcome of a COMMIT without an answer is found out
// before anything is repeated.
func (s *Store) persist(ctx context.Context, db *sql.DB, begin string, deadline time.Time, f func(q querier) error) error {
	for wait := s.pace.first; ; wait = min(2*wait, s.pace.most) {
		err := s.attempt(ctx, db, begin, deadline, f)
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) { // the attempt's, not the caller's
			err = fmt.Errorf("%w (%v)", errSlow, err)
		}
		if err == nil || ctx.Err() != nil || !s.dialect.transient(err) || !s.pace.now().Add(wait).Before(deadline) {
			return err
		}
		if s.pace.sleep(ctx, wait) != nil {
			return err
		}
	}
}

// errSlow stands for the end of an attempt by time.
var errSlow = errors.New("no answer in time")

// attempt is one try of persist.
func (s *Store) attempt(ctx context.Context, db *sql.DB, begin string, deadline time.Time, f func(q querier) error) error {
	if most := s.dialect.attempt; most > 0 {
		const least = 5 * time.Second // a last try, also when the deadline has passed
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, min(most, max(least, deadline.Sub(s.pace.now()))))
		defer cancel()
	}
	err := transact(ctx, db, s.dialect, begin, f)
	var unsure *commitError
	if errors.As(err, &unsure) && unsure.receipt != "" {
		return s.resolve(context.WithoutCancel(ctx), deadline, unsure)
	}
	return err
}

// resolve finds out how a transaction ended whose COMMIT got no answer: nil
// when it was committed, the cause when nothing happened.
func (s *Store) resolve(ctx context.Context, deadline time.Time, c *commitError) error {
	if least := s.pace.now().Add(s.pace.patience); deadline.Before(least) {
		deadline = least
	}
	for wait := s.pace.first; ; wait = min(2*wait, s.pace.most) {
		void, err := s.voidReceipt(ctx, c.receipt)
		switch {
		case err == nil && void:
			return c.cause
		case err == nil:
			return nil
		case !s.dialect.transient(err), !s.pace.now().Add(wait).Before(deadline):
			return s.unknown(errors.Join(c.cause, err))
		}
		if err := s.pace.sleep(ctx, wait); err != nil {
			return s.unknown(errors.Join(c.cause, err))
		}
	}
}

// voidReceipt tells whether a transaction did not happen, and makes sure that it
// never will. It may be asked again.
func (s *Store) voidReceipt(ctx context.Context, receipt string) (void bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.pace.patience)
	defer cancel()
	err = s.writer.QueryRowContext(ctx, s.dialect.bind(s.dialect.void), receipt).Scan(&void)
	return void, err
}

// unknown is the error when nobody can say whether something was saved.
func (s *Store) unknown(cause error) error {
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("the state store %s did not say whether the last change was saved", s.name),
		Err:  s.scrub(cause),
		Next: "when it can be reached again, look at what is there (trunkline state history) before you run anything",
	}
}
