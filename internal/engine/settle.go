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
// its ID and to refresh it alone, by which the provider reads it back. When the
// provider does not find it, the error is of kind NotFound and the create is no
// longer pending.
func (e *Engine) Settle(ctx context.Context, req Request, urn, adoptID string) error {
	err := e.edit(ctx, req.Ref, "settle", func(ctx context.Context, b base) (apitype.TypedDeployment, error) {
		return e.reopen(ctx, req.Stack, b, b.deployment, func(snap *deploy.Snapshot) error {
			state := takePending(snap, urn)
			if state == nil {
				return gitops.Errorf(gitops.NotFound, "no create of %s is pending", urn)
			}
			if adoptID != "" {
				adopt(snap, state, adoptID)
			}
			return sound(snap)
		})
	})
	if err != nil || adoptID == "" {
		return err
	}
	req.Operation, req.DryRun = gitops.Refresh, false
	req.Targets, req.Excludes, req.Replaces = []string{urn}, nil, nil
	if _, err := e.Run(ctx, req); err != nil {
		return err
	}
	return e.has(context.WithoutCancel(ctx), req.Ref, urn, adoptID)
}

// takePending takes the pending create of urn out of the snapshot, and returns
// what was to be created; nil when there is no such create.
func takePending(snap *deploy.Snapshot, urn string) *resource.State {
	i := slices.IndexFunc(snap.PendingOperations, func(o resource.Operation) bool {
		return o.Type == resource.OperationTypeCreating && string(o.Resource.URN) == urn
	})
	if i < 0 {
		return nil
	}
	state := snap.PendingOperations[i].Resource
	snap.PendingOperations = slices.Delete(snap.PendingOperations, i, i+1)
	return state
}

// adopt adds the resource to the snapshot. If it was to replace another, that
// one is left to be deleted by the next update.
func adopt(snap *deploy.Snapshot, state *resource.State, id string) {
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
	return gitops.Errorf(gitops.NotFound, "the provider finds no %s with ID %q; the create is no longer pending", urn, id)
}
