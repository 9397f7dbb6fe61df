// Package enginetest has what tests of the engine and of its users need: a
// state store in memory, a provider whose behaviour a test controls, and
// programs in the test's own process.
package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/line"
)

// Store is a gitops.StateStore in memory. It keeps the contract of the real
// ones: epochs grow, and a lost lease cannot write.
type Store struct {
	// Now is the store's clock.
	Now func() time.Time

	mu     sync.Mutex
	stacks map[gitops.StackRef]*kept
	leases int64 // ever given; the epoch of the last one
	// broken, when set, is the answer to every Append.
	broken error
}

type kept struct {
	state   gitops.State
	updated time.Time
	history []gitops.UpdateRecord // oldest first
	lease   *gitops.LeaseInfo
	record  int   // the lease's update in the history plus one; 0: none
	wrote   int64 // the epoch that last wrote to the journal
	line    []line.Place
	tags    map[string]string
	// older has the deployments that were committed before, by version.
	older map[int64][]byte
	times map[int64]time.Time
}

// takeLease takes the lease from its holder. What its journal began may go on,
// for all this store knows.
func (k *kept) takeLease(now time.Time) {
	k.state.Lost = k.lost()
	k.endLease(now)
}

// lost is the lease that was lost first since the last commit, if the present
// one were taken away.
func (k *kept) lost() *gitops.LeaseInfo {
	if k.state.Lost != nil || k.lease == nil || len(k.state.Journal) == 0 || k.wrote != k.lease.Epoch {
		return k.state.Lost
	}
	lost := *k.lease
	return &lost
}

// endLease ends the lease. An update that it left unfinished has failed.
func (k *kept) endLease(now time.Time) {
	if k.record > 0 && k.history[k.record-1].Result == "in-progress" {
		k.history[k.record-1].Result = "failed"
		k.history[k.record-1].Ended = now
	}
	k.lease, k.record = nil, 0
}

var _ gitops.StateStore = (*Store)(nil)

// NewStore returns an empty store with the real clock.
func NewStore() *Store {
	return &Store{Now: time.Now, stacks: map[gitops.StackRef]*kept{}}
}

// BreakAppends makes every Append fail with err from now on; nil mends it.
func (s *Store) BreakAppends(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

func (s *Store) find(ref gitops.StackRef) (*kept, error) {
	if k := s.stacks[ref]; k != nil {
		return k, nil
	}
	return nil, gitops.Errorf(gitops.NotFound, "no stack named '%s' found", ref.Stack)
}

// live returns the lease when it has not expired.
func (s *Store) live(k *kept) *gitops.LeaseInfo {
	if k.lease != nil && s.Now().Before(k.lease.Expires) {
		return k.lease
	}
	return nil
}

// Stacks implements gitops.StateStore.
func (s *Store) Stacks(_ context.Context, project string) ([]gitops.StackInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []gitops.StackInfo
	for ref, k := range s.stacks {
		if project == "" || ref.Project == project {
			out = append(out, k.info(ref))
		}
	}
	slices.SortFunc(out, func(a, b gitops.StackInfo) int { return strings.Compare(a.Ref.String(), b.Ref.String()) })
	return out, nil
}

// Info implements gitops.StateStore.
func (s *Store) Info(_ context.Context, ref gitops.StackRef) (gitops.StackInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return gitops.StackInfo{}, err
	}
	return k.info(ref), nil
}

func (k *kept) info(ref gitops.StackRef) gitops.StackInfo {
	resources, pending := count(k.state.Deployment)
	return gitops.StackInfo{Ref: ref, Version: k.state.Version, Updated: k.updated,
		Resources: resources, Pending: pending, Journal: len(k.state.Journal)}
}

// Create implements gitops.StateStore.
func (s *Store) Create(_ context.Context, ref gitops.StackRef, deployment []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stacks[ref] != nil {
		return gitops.Errorf(gitops.Unexpected, "stack '%s' already exists", ref.Stack)
	}
	k := &kept{older: map[int64][]byte{}, times: map[int64]time.Time{}}
	k.set(0, deployment, s.Now())
	s.stacks[ref] = k
	return nil
}

// Load implements gitops.StateStore.
func (s *Store) Load(_ context.Context, ref gitops.StackRef) (gitops.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return gitops.State{}, err
	}
	lost := k.state.Lost
	if s.live(k) == nil {
		lost = k.lost()
	}
	return gitops.State{
		Version: k.state.Version, Deployment: slices.Clone(k.state.Deployment),
		Journal: slices.Clone(k.state.Journal), Lost: lost,
	}, nil
}

// Remove implements gitops.StateStore.
func (s *Store) Remove(_ context.Context, ref gitops.StackRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return err
	}
	if l := s.live(k); l != nil {
		return &gitops.LockedError{Lease: *l}
	}
	delete(s.stacks, ref)
	return nil
}

// Rename implements gitops.StateStore.
func (s *Store) Rename(_ context.Context, from, to gitops.StackRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(from)
	if err != nil {
		return err
	}
	if s.stacks[to] != nil {
		return gitops.Errorf(gitops.Unexpected, "stack '%s' already exists", to.Stack)
	}
	if l := s.live(k); l != nil {
		return &gitops.LockedError{Lease: *l}
	}
	k.takeLease(s.Now())
	delete(s.stacks, from)
	s.stacks[to] = k
	return nil
}

// Lease implements gitops.StateStore.
func (s *Store) Lease(_ context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	if wait := s.standInLine(k, ref, req); wait != nil {
		return nil, wait
	}
	now := s.Now()
	k.takeLease(now)
	s.leases++
	k.lease = &gitops.LeaseInfo{
		ID: fmt.Sprintf("lease-%d", s.leases), Ref: ref, Holder: req.Holder, Operation: req.Operation,
		Epoch: s.leases, Since: now, Expires: now.Add(req.TTL),
	}
	return &lease{store: s, info: *k.lease, ttl: req.TTL}, nil
}

// set makes a deployment the present one.
func (k *kept) set(version int64, deployment []byte, now time.Time) {
	k.state = gitops.State{Version: version, Deployment: slices.Clone(deployment)}
	k.older[version], k.times[version] = k.state.Deployment, now
}

// Leases implements gitops.StateStore.
func (s *Store) Leases(_ context.Context, ref gitops.StackRef) ([]gitops.LeaseInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	if l := s.live(k); l != nil {
		return []gitops.LeaseInfo{*l}, nil
	}
	return nil, nil
}

// Unlock implements gitops.StateStore.
func (s *Store) Unlock(_ context.Context, ref gitops.StackRef, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return err
	}
	if k.lease == nil || k.lease.ID != id {
		return gitops.Errorf(gitops.NotFound, "no lease %s on %s", id, ref)
	}
	k.takeLease(s.Now())
	return nil
}

// History implements gitops.StateStore.
func (s *Store) History(_ context.Context, ref gitops.StackRef, limit, offset int) ([]gitops.UpdateRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(k.history)
	slices.Reverse(out)
	out = out[min(offset, len(out)):]
	if limit > 0 {
		out = out[:min(limit, len(out))]
	}
	return out, nil
}

// Close implements gitops.StateStore.
func (s *Store) Close() error { return nil }

// Journal returns how many entries of a stack nobody has committed.
func (s *Store) Journal(ref gitops.StackRef) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.stacks[ref]; k != nil {
		return len(k.state.Journal)
	}
	return 0
}
