package enginetest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// inLine returns nil when it is the request's turn, else a LockedError.
func (s *Store) inLine(k *kept, ref gitops.StackRef, req gitops.LeaseRequest) error {
	now := s.Now()
	k.line = slices.DeleteFunc(k.line, func(p place) bool { return !now.Before(p.until) })
	at := slices.IndexFunc(k.line, func(p place) bool { return p.ticket == req.Ticket })
	if req.Ticket != "" && at < 0 {
		at = len(k.line)
		k.line = append(k.line, place{ticket: req.Ticket,
			as: gitops.LeaseInfo{Ref: ref, Holder: req.Holder, Operation: req.Operation, Since: now}})
	}
	if at >= 0 {
		k.line[at].until = now.Add(req.TTL)
	}
	held := s.live(k)
	switch {
	case held != nil:
		return &gitops.LockedError{Lease: *held, Position: at + 1}
	case len(k.line) > 0 && at != 0:
		return &gitops.LockedError{Lease: k.line[0].as, Position: at + 1}
	case at == 0:
		k.line = k.line[1:]
	}
	return nil
}

// Leave implements gitops.StateStore.
func (s *Store) Leave(_ context.Context, ref gitops.StackRef, ticket string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return err
	}
	k.line = slices.DeleteFunc(k.line, func(p place) bool { return p.ticket == ticket })
	return nil
}

// count counts the resources and the pending operations of a deployment.
func count(deployment []byte) (resources, pending int) {
	var d struct {
		Deployment struct {
			Resources []json.RawMessage `json:"resources"`
			Pending   []json.RawMessage `json:"pending_operations"`
		} `json:"deployment"`
	}
	_ = json.Unmarshal(deployment, &d) // what cannot be read has none
	return len(d.Deployment.Resources), len(d.Deployment.Pending)
}

// Generations implements gitops.StateStore.
func (s *Store) Generations(_ context.Context, ref gitops.StackRef) ([]gitops.Generation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	var out []gitops.Generation
	for v, d := range k.older {
		resources, _ := count(d)
		out = append(out, gitops.Generation{Version: v, Resources: resources, Bytes: len(d), Created: k.times[v]})
	}
	slices.SortFunc(out, func(a, b gitops.Generation) int { return int(b.Version - a.Version) })
	return out, nil
}

// Generation implements gitops.StateStore.
func (s *Store) Generation(_ context.Context, ref gitops.StackRef, version int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	d, ok := k.older[version]
	if !ok {
		return nil, gitops.Errorf(gitops.NotFound, "version %d of stack %q is not kept", version, ref.Stack)
	}
	return slices.Clone(d), nil
}
