package automation

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// Secrets is how secrets are encrypted: a provider, and what is kept in the open
// beside it (a salt, a wrapped data key).
type Secrets = engine.SecretsSettings

// keyed lets an engine encrypt with the keys of a file, which is read for each
// operation anew: another process may add a key or remove one.
func keyed(path string, o engine.Options) engine.Options {
	o.Key = func() (engine.KeyCrypter, error) { return secrets.OpenKeyFile(path) }
	o.MakeKey = func() (engine.KeyCrypter, error) { return secrets.MakeKeyFile(path) }
	o.KeyByID = func(id string) (engine.KeyCrypter, error) {
		f, err := secrets.OpenKeyFile(path)
		if err != nil {
			return nil, err
		}
		return f.With(id)
	}
	return o
}

// Crypter encrypts and decrypts as the stacks with these settings do, and shares
// with them what is unlocked. A salt or wrapped key that the settings lack is
// made; the settings returned name it.
func (c *Command) Crypter(ctx context.Context, s Secrets) (config.Crypter, Secrets, error) {
	be, err := c.backend(ctx)
	if err != nil {
		return nil, s, err
	}
	return be.api.Crypter(ctx, engine.Stack{Secrets: s})
}

// Reencrypt encrypts a stack's state anew, under its lease. Older versions of it
// stay as they are. It can be repeated after a crash.
func (c *Command) Reencrypt(ctx context.Context, ref gitops.StackRef, from, to Secrets) error {
	be, err := c.backend(ctx)
	if err != nil {
		return err
	}
	_, err = be.api.Reencrypt(ctx, engine.Stack{Ref: ref, Secrets: from}, to)
	return err
}

// backend is the one that calls without a directory and environment of their own
// have.
func (c *Command) backend(ctx context.Context) (*backend, error) {
	s := &session{Command: c, ctx: ctx, env: c.environment(nil)}
	if err := s.open(false); err != nil {
		return nil, err
	}
	return s.be, nil
}
