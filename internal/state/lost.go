package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// lostLease is a lease that ended while its holder may have been alive, as it
// is kept on its stack.
type lostLease struct {
	ID, Holder, Operation string
	Epoch                 int64
	Since, Expires        time.Time
	Owner                 owner.Process
}

func (l lostLease) info(ref gitops.StackRef) *gitops.LeaseInfo {
	return &gitops.LeaseInfo{
		ID: l.ID, Ref: ref, Holder: l.Holder, Operation: gitops.Operation(l.Operation),
		Epoch: l.Epoch, Since: l.Since, Expires: l.Expires,
	}
}

// keepLost keeps a lease that is about to end on its stack, when it has
// written to the journal and what it began there may still be going on. An
// earlier one stays: only a commit settles it.
func (s *Store) keepLost(ctx context.Context, q querier, row stackRow, l leaseRow) error {
	if row.lost.Valid || row.journalLength == 0 || l.owner.Dead(s.self) {
		return nil
	}
	var epoch int64
	err := q.QueryRowContext(ctx,
		`SELECT epoch FROM journal WHERE stack = ? ORDER BY seq DESC LIMIT 1`, row.id).Scan(&epoch)
	switch {
	case errors.Is(err, sql.ErrNoRows): // a damaged journal: better told once too often
	case err != nil:
		return err
	case epoch != l.Epoch:
		return nil
	}
	b, err := json.Marshal(lostLease{
		l.ID, l.Holder, string(l.Operation), l.Epoch, l.Since, l.Expires, l.owner,
	})
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE stacks SET lost = ? WHERE id = ?`, string(b), row.id)
	return err
}

// lostLease returns what State.Lost says: the lease that was kept, or the
// present one when it has run out, unless its holder has ended since.
func (s *Store) lostLease(
	ctx context.Context, q querier, ref gitops.StackRef, row stackRow, links []link,
) (*gitops.LeaseInfo, error) {
	if len(links) == 0 {
		return nil, nil
	}
	if row.lost.Valid {
		var l lostLease
		if err := json.Unmarshal([]byte(row.lost.String), &l); err != nil {
			return nil, s.damaged(ctx, q, ref, row, errors.Join(errDamaged, err))
		}
		if !l.Owner.Dead(s.self) {
			return l.info(ref), nil
		}
	}
	held, ok, err := readLease(ctx, q, ref, row.id)
	if err != nil || !ok || s.live(held, row.now) || held.owner.Dead(s.self) || links[len(links)-1].epoch != held.Epoch {
		return nil, err
	}
	return &held.LeaseInfo, nil
}
