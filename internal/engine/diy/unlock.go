package diy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Leases implements gitops.StateStore. A lock of the Pulumi CLI is listed with
// an ID that begins with "pulumi:" and without expiry.
func (s *Store) Leases(ctx context.Context, ref gitops.StackRef) ([]gitops.LeaseInfo, error) {
	if err := s.exists(ctx, ref); err != nil {
		return nil, s.explain("read", err)
	}
	var list []gitops.LeaseInfo
	err := s.settled(ctx, func() error {
		leases, err := s.readLeases(ctx, ref)
		if err != nil {
			return err
		}
		if cur := last(leases); s.live(cur) {
			list = append(list, cur.info(ref, cur.epoch))
			return nil
		}
		var locked *gitops.LockedError
		err = s.cliWorks(ctx, ref, leases)
		if errors.As(err, &locked) {
			list = append(list, locked.Lease)
			return nil
		}
		return err
	})
	return list, s.explain("read", err)
}

// Unlock implements gitops.StateStore. An ID that holds nothing is an error of
// kind NotFound; a lock of the Pulumi CLI is refused.
func (s *Store) Unlock(ctx context.Context, ref gitops.StackRef, leaseID string) error {
	if err := s.exists(ctx, ref); err != nil {
		return s.explain("read", err)
	}
	if strings.HasPrefix(leaseID, cliPrefix) {
		return &gitops.Error{
			Kind: gitops.Invalid, What: "that lock is the Pulumi CLI's, and only the CLI can tell whether it still works",
			Next: "pulumi cancel --stack organization/" + ref.String(),
		}
	}
	return s.explain("unlock a stack of", s.settled(ctx, func() error {
		leases, err := s.readLeases(ctx, ref)
		if err != nil {
			return err
		}
		cur := last(leases)
		if cur.Ended || cur.ID != leaseID {
			return &gitops.Error{
				Kind: gitops.NotFound, What: fmt.Sprintf("no lease %s on stack %q", leaseID, ref.Stack), Next: "the lease has ended already",
			}
		}
		_, err = s.createNumbered(ctx, leaseDir(ref), cur.epoch+1, leaseRecord{Ended: true})
		if errors.Is(err, errExists) {
			return errMoved
		}
		if err != nil {
			return err
		}
		return s.bury(ctx, ref, cur, nil)
	}))
}
