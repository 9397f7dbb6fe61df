package driver

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Recovery is how one pending create ends.
type Recovery struct {
	URN string
	// ID adopts the resource of that ID; empty forgets the create.
	ID string
}

// PendingOperation is a resource operation whose end was never recorded.
type PendingOperation struct {
	URN  string `json:"urn"`
	Type string `json:"type"`
	// Kind is creating, updating, deleting, reading or importing.
	Kind string `json:"kind"`
}

// Pending lists what a crash left unfinished in a stack.
func (s *Session) Pending(ctx context.Context, id gitops.StackID) ([]PendingOperation, error) {
	exported, err := s.Export(ctx, id, false)
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

// Recover ends pending creates: each is adopted or forgotten.
func (s *Session) Recover(ctx context.Context, id gitops.StackID, list []Recovery) error {
	h, err := s.open(ctx, id, true, s.runOptions(action{}, func(string, automation.Event) {})...)
	if err != nil {
		return err
	}
	var adopt []optrefresh.PendingCreate
	forget := false
	for _, r := range list {
		if r.ID == "" {
			forget = true
			continue
		}
		adopt = append(adopt, optrefresh.PendingCreate{URN: r.URN, ID: r.ID})
	}
	opts := []optrefresh.Option{optrefresh.Message("trunkline stack recover"), optrefresh.ImportPendingCreates(adopt)}
	if forget {
		opts = append(opts, optrefresh.ClearPendingCreates())
	}
	_, err = h.stack.Refresh(ctx, opts...)
	return errors.Join(h.cause(err), h.close())
}
