package engine

import (
	"bytes"
	"context"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/edit"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// edit replaces a stack's state by what change makes of it.
func (e *Engine) edit(ctx context.Context, ref gitops.StackRef, what gitops.Operation, change func(context.Context, base) (apitype.TypedDeployment, error)) error {
	return e.replace(ctx, ref, what, func(ctx context.Context) (apitype.TypedDeployment, error) {
		b, err := e.load(ctx, ref)
		if err != nil {
			return b.deployment, err
		}
		return change(ctx, b)
	})
}

// replace puts what made returns in the place of a stack's state, under a lease
// and with an entry in the history.
func (e *Engine) replace(ctx context.Context, ref gitops.StackRef, what gitops.Operation, made func(context.Context) (apitype.TypedDeployment, error)) error {
	ctx = context.WithoutCancel(ctx)
	lease, err := e.opts.Store.Lease(ctx, ref, gitops.LeaseRequest{Holder: "trunkline", Operation: what, TTL: e.pace.ttl})
	if err != nil {
		return err
	}
	defer func() { _ = lease.Release(ctx) }() // the lease ends by itself
	d, err := made(ctx)
	if err != nil {
		return err
	}
	raw, err := marshalDeployment(d)
	if err != nil {
		return err
	}
	now := e.opts.Now()
	record := gitops.UpdateRecord{Operation: what, Started: now, Ended: now, Result: "succeeded"}
	if err := lease.Begin(ctx, record); err != nil {
		return err
	}
	_, err = lease.Commit(ctx, raw, record)
	return err
}

// reopen gives change the snapshot of d, and writes what change made of it with
// the secrets manager of the stack. saved is the state that the stack has.
func (e *Engine) reopen(ctx context.Context, s Stack, saved base, d apitype.TypedDeployment, change func(*deploy.Snapshot) error) (apitype.TypedDeployment, error) {
	sm, _, err := e.manager(ctx, s.Secrets, saved.deployment.Deployment.SecretsProviders)
	if err != nil {
		return d, err
	}
	snap, err := deserialize(ctx, d, known{sm, secretsProvider{e, s.Secrets}})
	if err != nil {
		return d, gitops.Errorf(gitops.KindOf(err), "the deployment cannot be read: %w", err)
	}
	if err := change(snap); err != nil {
		return d, err
	}
	snap.SecretsManager = sm
	return serialize(ctx, snap, false)
}

// Import implements API. Pending operations are imported too. A state that is
// damaged is replaced like any other: that is how it is repaired.
func (e *Engine) Import(ctx context.Context, s Stack, u apitype.UntypedDeployment, force bool) error {
	return e.replace(ctx, s.Ref, "import", func(ctx context.Context) (apitype.TypedDeployment, error) {
		d, err := typed(ctx, u)
		if err != nil {
			return d, gitops.Errorf(gitops.Invalid, "the deployment cannot be read: %w", err)
		}
		if sp := d.Deployment.SecretsProviders; sp != nil && sp.Type == passphrase.Type && !bytes.Contains(u.Deployment, []byte(`"ciphertext"`)) {
			d.Deployment.SecretsProviders = nil // it is in plain text: nobody needs the passphrase
		}
		b, err := e.load(ctx, s.Ref)
		switch {
		case gitops.KindOf(err) == gitops.Failed:
			b = base{deployment: d} // only the import can say what opens its secrets
		case err != nil:
			return d, err
		}
		return e.reopen(ctx, s, b, d, func(snap *deploy.Snapshot) error {
			if force {
				return nil
			}
			return errors.Join(belongs(snap, s.Ref), sound(snap))
		})
	})
}

// Rename implements API. After a crash in the middle, every operation on the
// stack is refused until the rename is repeated.
func (e *Engine) Rename(ctx context.Context, from, to gitops.StackRef) error {
	ctx = context.WithoutCancel(ctx)
	name, err := tokens.ParseStackName(to.Stack)
	if err != nil {
		return gitops.Errorf(gitops.Invalid, "stack name %q: %w", to.Stack, err)
	}
	old, err := tokens.ParseStackName(from.Stack)
	if err != nil {
		return gitops.Errorf(gitops.Invalid, "stack name %q: %w", from.Stack, err)
	}
	if err := e.opts.Store.Rename(ctx, from, to); err != nil && !e.halfRenamed(ctx, from, to) {
		return err
	}
	return e.edit(ctx, to, "rename", func(_ context.Context, b base) (apitype.TypedDeployment, error) {
		err := edit.RenameStack(b.deployment.Deployment, name, tokens.PackageName(to.Project), edit.RenameStackOptions{
			OldName: old, OldProject: tokens.PackageName(from.Project),
		})
		return b.deployment, err
	})
}

// halfRenamed tells that to has the state of from.
func (e *Engine) halfRenamed(ctx context.Context, from, to gitops.StackRef) bool {
	b, err := e.load(ctx, to)
	if err != nil {
		return false
	}
	for _, r := range b.deployment.Deployment.Resources {
		if string(r.URN.Stack()) == from.Stack && string(r.URN.Project()) == from.Project {
			return true
		}
	}
	return false
}

// belongs checks that a snapshot is one of the stack.
func belongs(snap *deploy.Snapshot, ref gitops.StackRef) error {
	for _, r := range snap.Resources {
		if string(r.URN.Stack()) != ref.Stack {
			return gitops.Errorf(gitops.Invalid, "resource '%s' is from a different stack (%s != %s)", r.URN, r.URN.Stack(), ref.Stack)
		}
		if string(r.URN.Project()) != ref.Project {
			return gitops.Errorf(gitops.Invalid, "resource '%s' is from a different project (%s != %s)", r.URN, r.URN.Project(), ref.Project)
		}
	}
	return nil
}

func sound(snap *deploy.Snapshot) error {
	if err := snap.VerifyIntegrity(); err != nil {
		return gitops.Errorf(gitops.Invalid, "the deployment contains errors: %w", err)
	}
	return nil
}
