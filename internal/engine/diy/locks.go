package diy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// cliLock is a lock file in Pulumi's form.
type cliLock struct {
	key      string
	PID      int       `json:"pid"`
	Username string    `json:"username"`
	Hostname string    `json:"hostname"`
	Since    time.Time `json:"timestamp"`
}

// cliPrefix begins the IDs of leases that stand for a lock of the Pulumi CLI.
const cliPrefix = "pulumi:"

// info shows the lock as a lease.
func (l cliLock) info(ref gitops.StackRef) gitops.LeaseInfo {
	return gitops.LeaseInfo{
		ID:     cliPrefix + strings.TrimSuffix(path.Base(l.key), ".json"),
		Ref:    ref,
		Holder: fmt.Sprintf("the Pulumi CLI of %s@%s pid %d", l.Username, l.Hostname, l.PID),
		// The lock does not tell what for.
		Operation: gitops.Update, Since: l.Since.UTC(),
	}
}

// belongs tells whether the lock is the one of a lease: the lease names it, or
// its holder died between writing the lock and naming it.
func (l cliLock) belongs(r leaseRecord) bool {
	if r.Ended {
		return false
	}
	if r.Lock != "" {
		return l.key == r.Lock
	}
	return l.PID == r.Owner.PID && l.Hostname == r.Owner.Host
}

// locks returns the lock files of a stack. One that cannot be read is a lock
// too.
func (s *Store) locks(ctx context.Context, ref gitops.StackRef) ([]cliLock, error) {
	list, err := s.medium.List(ctx, lockDir(ref))
	if err != nil {
		return nil, err
	}
	var out []cliLock
	for _, o := range list {
		raw, err := s.medium.Get(ctx, o.Key)
		if errors.Is(err, errMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l := cliLock{key: o.Key}
		if json.Unmarshal(raw, &l) != nil {
			l = cliLock{key: o.Key, Username: "?", Hostname: "?", Since: o.Modified}
		}
		out = append(out, l)
	}
	return out, nil
}

// unlock deletes the lock file of a lease.
func (s *Store) unlock(ctx context.Context, ref gitops.StackRef, r leaseRecord) error {
	locks, err := s.locks(ctx, ref)
	if err != nil {
		return err
	}
	for _, l := range locks {
		if !l.belongs(r) {
			continue
		}
		if err := s.medium.Delete(ctx, l.key); err != nil {
			return err
		}
	}
	return nil
}

// cliWorks returns an error when somebody who holds none of our leases has
// locked the stack.
func (s *Store) cliWorks(ctx context.Context, ref gitops.StackRef, leases []numberedLease) error {
	locks, err := s.locks(ctx, ref)
	if err != nil {
		return err
	}
	for _, l := range locks {
		mine := false
		for _, r := range leases {
			mine = mine || l.belongs(r.leaseRecord)
		}
		if !mine {
			return lockedByCLI(&gitops.LockedError{Lease: l.info(ref)})
		}
	}
	return nil
}

func lockedByCLI(locked *gitops.LockedError) error {
	return &gitops.Error{
		Kind: gitops.Locked, Err: locked,
		Next: "wait for it. Its lock does not expire: when that process is dead, run pulumi cancel --stack organization/" +
			locked.Lease.Ref.String(),
	}
}

// ownLock finds the lock file that this process has just written.
func (s *Store) ownLock(ctx context.Context, ref gitops.StackRef) (string, error) {
	locks, err := s.locks(ctx, ref)
	if err != nil {
		return "", err
	}
	var newest cliLock
	for _, l := range locks {
		if l.PID == s.self.PID && l.Hostname == s.self.Host && (newest.key == "" || l.Since.After(newest.Since)) {
			newest = l
		}
	}
	if newest.key == "" {
		return "", errMoved
	}
	return newest.key, nil
}
