package engine

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	sdkresource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Settle implements API. To adopt a resource is to note its ID and refresh it
// alone: the provider reads it back.
func (e *Engine) Settle(ctx context.Context, req Request, urn, adoptID string) error {
	err := e.edit(ctx, req.Stack, "settle", func(ctx context.Context, b base, sm secrets.Manager) (*deploy.Snapshot, error) {
		snap, err := stack.DeserializeDeploymentV3(ctx, *b.deployment.Deployment, known{sm, secretsProvider{e, req.Secrets}})
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(snap.PendingOperations, func(o resource.Operation) bool {
			return o.Type == resource.OperationTypeCreating && string(o.Resource.URN) == urn
		})
		if i < 0 {
			return nil, gitops.Errorf(gitops.NotFound, "no create of %s is pending", urn)
		}
		if adoptID == "" {
			snap.PendingOperations = slices.Delete(snap.PendingOperations, i, i+1)
			return snap, nil
		}
		snap.PendingOperations[i].Resource.ID = sdkresource.ID(adoptID)
		snap.PendingOperations[i].Type = resource.OperationTypeImporting
		return snap, nil
	})
	if err != nil || adoptID == "" {
		return err
	}
	req.Operation, req.DryRun = gitops.Refresh, false
	_, err = e.Run(ctx, req)
	return err
}
