package engine

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	sdkresource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Settle implements API. To adopt a resource is to put it into the state with
// its ID and to refresh it alone, by which the provider reads it back. Only then
// the create is no longer pending: when the provider finds nothing under the ID,
// the error is of kind NotFound and nothing is settled.
func (e *Engine) Settle(ctx context.Context, req Request, urn, adoptID string) error {
	if adoptID != "" {
		for _, step := range []func() error{
			func() error { return e.adopt(ctx, req.Stack, urn, adoptID) },
			func() error { return e.readBack(ctx, req, urn) },
			func() error { return e.has(context.WithoutCancel(ctx), req.Ref, urn, adoptID) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
	}
	return e.editPending(ctx, req.Stack, urn, func(snap *deploy.Snapshot, at int) error {
		snap.PendingOperations = slices.Delete(snap.PendingOperations, at, at+1)
		return nil
	})
}

// editPending changes a state that has a pending operation on urn. at is its
// place among the pending ones.
func (e *Engine) editPending(ctx context.Context, s Stack, urn string, change func(snap *deploy.Snapshot, at int) error) error {
	return e.edit(ctx, s.Ref, "settle", func(ctx context.Context, b base) (apitype.TypedDeployment, error) {
		return e.reopen(ctx, s, b, b.deployment, func(snap *deploy.Snapshot) error {
			at := slices.IndexFunc(snap.PendingOperations, func(o resource.Operation) bool { return string(o.Resource.URN) == urn })
			if at < 0 {
				return gitops.Errorf(gitops.NotFound, "nothing about %s is pending", urn)
			}
			if err := change(snap, at); err != nil {
				return err
			}
			return sound(snap)
		})
	})
}

func (e *Engine) adopt(ctx context.Context, s Stack, urn, id string) error {
	return e.editPending(ctx, s, urn, func(snap *deploy.Snapshot, at int) error {
		op := snap.PendingOperations[at]
		if op.Type != resource.OperationTypeCreating {
			return gitops.Errorf(gitops.Invalid, "%s was not being created but is %s: it is in the state already", urn, op.Type)
		}
		return adopt(snap, op.Resource, id)
	})
}

// readBack refreshes one resource.
func (e *Engine) readBack(ctx context.Context, req Request, urn string) error {
	req.Operation, req.DryRun = gitops.Refresh, false
	req.Targets, req.Excludes, req.Replaces = []string{urn}, nil, nil
	_, err := e.Run(ctx, req)
	return err
}

// adopt adds the resource to the snapshot. If it was to replace another, that
// one is left to be deleted by the next update, unless it was deleted before.
func adopt(snap *deploy.Snapshot, state *resource.State, id string) error {
	snap.Resources = slices.DeleteFunc(snap.Resources, func(r *resource.State) bool {
		return r.URN == state.URN && r.PendingReplacement
	})
	for _, r := range snap.Resources {
		if r.URN == state.URN {
			r.Delete = true
		}
	}
	state = state.Copy()
	state.ID = sdkresource.ID(id)
	if state.Outputs == nil {
		state.Outputs = state.Inputs.Copy()
	}
	snap.Resources = append(snap.Resources, state)
	return snap.Toposort() // what depends on it may be there already
}

// has checks that the state has the resource.
func (e *Engine) has(ctx context.Context, ref gitops.StackRef, urn, id string) error {
	b, err := e.load(ctx, ref)
	if err != nil {
		return err
	}
	for _, r := range b.deployment.Deployment.Resources {
		if string(r.URN) == urn && string(r.ID) == id && !r.Delete {
			return nil
		}
	}
	return gitops.Errorf(gitops.NotFound, "the provider finds no %s with ID %q", urn, id)
}
