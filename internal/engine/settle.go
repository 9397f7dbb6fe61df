package engine

import (
	"context"
	"errors"
	"fmt"
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
// the error is of kind NotFound and nothing is settled. After any error the state
// is as it was.
func (e *Engine) Settle(ctx context.Context, req Request, urn, adoptID string) error {
	if adoptID != "" {
		before, err := e.adopt(ctx, req.Stack, urn, adoptID)
		if err != nil {
			return err
		}
		if err = e.readBack(ctx, req, urn); err == nil {
			err = e.has(context.WithoutCancel(ctx), req.Ref, urn, adoptID)
		}
		if err != nil {
			return e.putBack(ctx, req.Stack, urn, before, err)
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
				return &gitops.Error{Kind: gitops.NotFound, What: "nothing about " + urn + " is pending",
					Next: "trunkline stack recover " + s.Ref.Flags() + " lists what is"}
			}
			if err := change(snap, at); err != nil {
				return err
			}
			return sound(snap)
		})
	})
}

// adopt returns what the state had under the URN before.
func (e *Engine) adopt(ctx context.Context, s Stack, urn, id string) (before []*resource.State, err error) {
	err = e.editPending(ctx, s, urn, func(snap *deploy.Snapshot, at int) error {
		op := snap.PendingOperations[at]
		if op.Type != resource.OperationTypeCreating {
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s was not being created but is %s: it is in the state already", urn, op.Type),
				Next: "trunkline stack recover retry " + s.Ref.Flags() + " reads it from the cloud"}
		}
		for _, r := range snap.Resources {
			if string(r.URN) == urn {
				before = append(before, r.Copy())
			}
		}
		return adopt(snap, op.Resource, id)
	})
	return before, err
}

// putBack undoes an adoption that cause has ended, and returns cause: what is left
// of it would be taken for a resource that the next adoption replaces.
func (e *Engine) putBack(ctx context.Context, s Stack, urn string, before []*resource.State, cause error) error {
	err := e.editPending(ctx, s, urn, func(snap *deploy.Snapshot, _ int) error {
		snap.Resources = slices.DeleteFunc(snap.Resources, func(r *resource.State) bool { return string(r.URN) == urn })
		snap.Resources = append(snap.Resources, before...)
		return snap.Toposort()
	})
	if err == nil {
		return cause
	}
	return errors.Join(cause, err)
}

// readBack refreshes one resource.
func (e *Engine) readBack(ctx context.Context, req Request, urn string) error {
	req.Operation, req.DryRun = gitops.Refresh, false
	req.Targets, req.Excludes, req.Replaces = []string{urn}, nil, nil
	_, err := e.Run(ctx, req)
	return err
}

// adopt adds the resource to the snapshot. If it was to replace another, that
// one is left to be deleted by the next update, unless it was deleted before. One
// with the same ID was put there by an adoption that did not come to its end.
func adopt(snap *deploy.Snapshot, state *resource.State, id string) error {
	snap.Resources = slices.DeleteFunc(snap.Resources, func(r *resource.State) bool {
		return r.URN == state.URN && (r.PendingReplacement || string(r.ID) == id)
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
	return &gitops.Error{Kind: gitops.NotFound, What: fmt.Sprintf("the provider finds no %s with ID %q: nothing was settled", urn, id),
		Next: fmt.Sprintf("look up the ID in the cloud and repeat the command with it; if nothing was created there: trunkline stack recover forget %s '%s'", ref.Flags(), urn)}
}
