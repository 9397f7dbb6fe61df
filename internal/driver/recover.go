package driver

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// PendingOperation is a resource operation whose end was never recorded.
type PendingOperation struct {
	URN  string `json:"urn"`
	Type string `json:"type"`
	// Kind is creating, updating, deleting, reading or importing.
	Kind string `json:"kind"`
}

// Pending lists what a crash left unfinished in a stack.
func (s *Session) Pending(ctx context.Context, id gitops.StackID) ([]PendingOperation, error) {
	exported, err := s.export(ctx, id, false)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Deployment struct {
			Pending []struct {
				Type     string `json:"type"`
				Resource struct {
					URN  string `json:"urn"`
					Type string `json:"type"`
				} `json:"resource"`
			} `json:"pending_operations"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(exported, &doc); err != nil {
		return nil, err
	}
	out := []PendingOperation{}
	for _, p := range doc.Deployment.Pending {
		out = append(out, PendingOperation{URN: p.Resource.URN, Type: p.Resource.Type, Kind: p.Type})
	}
	return out, nil
}

// Adopt ends a pending create: the resource exists and has this ID. It is read
// back and kept.
func (s *Session) Adopt(ctx context.Context, id gitops.StackID, urn, resource string) error {
	return s.settle(ctx, id, urn, resource)
}

// Forget drops the note of a pending operation.
func (s *Session) Forget(ctx context.Context, id gitops.StackID, urn string) error {
	return s.settle(ctx, id, urn)
}

// Retry lets the next update do all pending operations again. Resources that
// were being updated or deleted are read from the cloud first.
func (s *Session) Retry(ctx context.Context, id gitops.StackID) error {
	pending, err := s.Pending(ctx, id)
	if err != nil {
		return err
	}
	var known []string
	for _, p := range pending {
		if p.Kind != "creating" {
			known = append(known, p.URN)
		}
	}
	if len(known) > 0 {
		res := s.run(ctx, id, action{operation: gitops.Refresh, targets: known, message: "trunkline stack recover retry"})
		if res.Err != nil {
			return res.Err
		}
	}
	for _, p := range pending {
		if p.Kind == "creating" {
			if err := s.Forget(ctx, id, p.URN); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle ends one pending operation. Package auto has no call for it.
func (s *Session) settle(ctx context.Context, id gitops.StackID, args ...string) error {
	if _, err := s.existing(ctx, id); err != nil {
		return err
	}
	h, err := s.openFor(ctx, id, action{}, nil, func(string, automation.Event) {})
	if err != nil {
		return err
	}
	_, _, _, err = h.cmd.Run(ctx, h.dir, nil, nil, nil, h.env, append([]string{"stack", "settle", "--stack", id.PulumiName()}, args...)...)
	return errors.Join(h.cause(err), h.close())
}
