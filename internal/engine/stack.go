package engine

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Init implements API.
func (e *Engine) Init(ctx context.Context, s Stack) (SecretsSettings, error) {
	ctx = context.WithoutCancel(ctx)
	sm, settings, err := e.manager(ctx, s.Secrets, nil)
	if err != nil {
		return s.Secrets, err
	}
	m := deploy.Manifest{Time: e.opts.Now(), Version: PulumiVersion}
	m.Magic = m.NewMagic()
	raw, err := marshalDeployment(apitype.TypedDeployment{
		Version: apitype.DeploymentSchemaVersionCurrent,
		Deployment: &apitype.DeploymentV3{
			Manifest:         m.Serialize(),
			SecretsProviders: &apitype.SecretsProvidersV1{Type: sm.Type(), State: sm.State()},
		},
	})
	if err != nil {
		return s.Secrets, err
	}
	if err := e.opts.Store.Create(ctx, s.Ref, raw); err != nil {
		return s.Secrets, err
	}
	return settings, nil
}

// Remove implements API.
func (e *Engine) Remove(ctx context.Context, ref gitops.StackRef, force bool) error {
	ctx = context.WithoutCancel(ctx)
	if !force {
		b, err := e.load(ctx, ref)
		if err != nil {
			return err
		}
		d := b.deployment.Deployment
		if len(d.Resources)+len(d.PendingOperations) > 0 {
			return &gitops.Error{Kind: gitops.Failed, What: fmt.Sprintf("'%s' still has resources; removal rejected", ref.Stack),
				Next: "destroy the stack first, or force the removal, which leaves its resources in the cloud"}
		}
	}
	return e.opts.Store.Remove(ctx, ref)
}

// Crypter implements API.
func (e *Engine) Crypter(ctx context.Context, s Stack) (config.Crypter, SecretsSettings, error) {
	ctx = context.WithoutCancel(ctx)
	var saved *apitype.SecretsProvidersV1
	if s.Secrets.undecided() {
		b, err := e.load(ctx, s.Ref)
		switch {
		case err == nil:
			saved = b.deployment.Deployment.SecretsProviders
		case gitops.KindOf(err) != gitops.NotFound:
			return nil, s.Secrets, err
		}
	}
	sm, settings, err := e.manager(ctx, s.Secrets, saved)
	if err != nil {
		return nil, s.Secrets, err
	}
	return crypter{sm.Encrypter(), sm.Decrypter()}, settings, nil
}

type crypter struct {
	config.Encrypter
	config.Decrypter
}

// Outputs implements API.
func (e *Engine) Outputs(ctx context.Context, s Stack, show bool) (map[string]any, error) {
	var p secrets.Provider = blindProvider{}
	if show {
		p = secretsProvider{e, s.Secrets}
	}
	m, err := e.outputs(context.WithoutCancel(ctx), s.Ref, p)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for k, v := range m {
		out[string(k)] = revealed(v)
	}
	return out, nil
}

// revealed is plainer.value with secrets shown as they were read.
func revealed(v resource.PropertyValue) any {
	v, _ = open(v)
	switch {
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = revealed(e)
		}
		return out
	case v.IsObject():
		out := map[string]any{}
		for k, e := range v.ObjectValue() {
			out[string(k)] = revealed(e)
		}
		return out
	}
	return plainer{}.value(v)
}

// Export implements API. An export in plain text names the secrets manager when
// it is one of Pulumi's: the CLI encrypts with it what it imports. It does not
// name a key file: nobody else could use it, and nothing needs it to be read.
func (e *Engine) Export(ctx context.Context, s Stack, show bool) (apitype.UntypedDeployment, error) {
	ctx = context.WithoutCancel(ctx)
	b, err := e.load(ctx, s.Ref)
	if err != nil || !show {
		if err != nil {
			return apitype.UntypedDeployment{}, err
		}
		return untyped(b.deployment)
	}
	snap, err := deserialize(ctx, b.deployment, secretsProvider{e, s.Secrets})
	if err != nil {
		return apitype.UntypedDeployment{}, err
	}
	if snap.SecretsManager != nil && snap.SecretsManager.Type() == keyType {
		snap.SecretsManager = nil
	}
	d, err := serialize(ctx, snap, true)
	if err != nil {
		return apitype.UntypedDeployment{}, err
	}
	return untyped(d)
}

// Pending implements API.
func (e *Engine) Pending(ctx context.Context, s Stack) ([]PendingOperation, error) {
	b, err := e.load(context.WithoutCancel(ctx), s.Ref)
	if err != nil {
		return nil, err
	}
	return pendingOf(b.deployment), nil
}
