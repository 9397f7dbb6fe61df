package enginetest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/line"
)

// standInLine returns nil when it is the request's turn, else why not. It keeps
// the line.
func (s *Store) standInLine(k *kept, ref gitops.StackRef, req gitops.LeaseRequest) *gitops.LockedError {
	now := s.Now()
	a := line.Ask(k.line, req.Ticket, s.live(k), now)
	k.line = a.There
	switch {
	case a.Wait == nil && a.At == 0:
		k.line = k.line[1:]
	case a.Wait != nil && a.At >= 0:
		k.line[a.At].Until = now.Add(req.TTL)
	case a.Wait != nil && req.Ticket != "":
		as := gitops.LeaseInfo{Ref: ref, Holder: req.Holder, Operation: req.Operation, Since: now}
		k.line = append(k.line, line.Place{Ticket: req.Ticket, As: as, Until: now.Add(req.TTL)})
	}
	return a.Wait
}

// Leave implements gitops.StateStore.
func (s *Store) Leave(_ context.Context, ref gitops.StackRef, ticket string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return err
	}
	k.line = slices.DeleteFunc(k.line, func(p line.Place) bool { return p.Ticket == ticket })
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
