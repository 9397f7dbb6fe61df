package engine

import (
	"context"
	"encoding/json"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Reencrypt implements API. What could not be opened with the stack's own
// settings is opened with the new ones: a repetition after a crash finds the
// state encrypted already.
func (e *Engine) Reencrypt(ctx context.Context, s Stack, to SecretsSettings) (SecretsSettings, error) {
	ctx = context.WithoutCancel(ctx)
	sm, made, err := e.manager(ctx, to, nil)
	if err != nil {
		return s.Secrets, err
	}
	err = e.edit(ctx, s.Ref, "change-secrets-provider", func(ctx context.Context, b base) (apitype.TypedDeployment, error) {
		snap, err := deserialize(ctx, b.deployment, either{secretsProvider{e, s.Secrets}, known{sm, secretsProvider{e, made}}})
		if err != nil {
			return b.deployment, gitops.Errorf(gitops.KindOf(err), "the state of stack %s cannot be opened: %w", s.Ref, err)
		}
		snap.SecretsManager = sm
		return serialize(ctx, snap, false)
	})
	if err != nil {
		return s.Secrets, err
	}
	return made, nil
}

// either opens a secrets manager with the first of two providers that can. The
// error is the first one's.
type either struct{ first, second secrets.Provider }

// OfType implements secrets.Provider.
func (p either) OfType(ctx context.Context, ty string, state json.RawMessage) (secrets.Manager, error) {
	sm, err := p.first.OfType(ctx, ty, state)
	if err == nil {
		return sm, nil
	}
	if other, err := p.second.OfType(ctx, ty, state); err == nil {
		return other, nil
	}
	return nil, err
}
