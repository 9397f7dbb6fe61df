package driver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// The secrets providers that are no KMS.
const (
	keyProvider        = "key"
	passphraseProvider = "passphrase"
)

// Pulumi's own names for where a passphrase comes from.
const (
	passphraseVar     = "PULUMI_CONFIG_PASSPHRASE"
	passphraseFileVar = "PULUMI_CONFIG_PASSPHRASE_FILE"
)

// crypter encrypts and decrypts the values in an environment's file.
type crypter interface {
	Encrypt(plaintext string) (ciphertext string, err error)
	Decrypt(ciphertext string) (plaintext string, err error)
}

func (d *Driver) keyPath() string { return filepath.Join(d.Root, ".trunkline", "key") }

// passphrase reads the passphrase from this process's environment, or from the
// file that it names. ok is false when there is none; an empty one is none.
func (d *Driver) passphrase() (phrase string, ok bool, err error) {
	if p := d.opts.Getenv(passphraseVar); p != "" {
		return p, true, nil
	}
	path := d.opts.Getenv(passphraseFileVar)
	if path == "" {
		return "", false, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.opts.Dir, path)
	}
	b, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(b)) == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", false, &gitops.Error{Kind: gitops.Invalid, What: "there is no passphrase in " + path, Err: err,
			Next: "let " + passphraseFileVar + " name a file with the passphrase"}
	}
	return strings.TrimSpace(string(b)), true, nil
}

// secretsOf is how an environment's secrets are encrypted, as the engine takes it.
func (d *Driver) secretsOf(env *environments.Environment) automation.Secrets {
	return automation.Secrets{Provider: env.Secrets.Provider, EncryptionSalt: env.Secrets.Salt,
		EncryptedKey: env.Secrets.EncryptedKey, Passphrase: d.passphrase}
}

// crypter opens what encrypts an environment's values. What the settings lack is
// made: the settings returned have it.
func (s *Session) crypter(ctx context.Context, env *environments.Environment, set automation.Secrets) (crypter, automation.Secrets, error) {
	if set.Provider == keyProvider {
		k, err := secrets.OpenKeyFile(s.d.keyPath())
		if !errors.Is(err, fs.ErrNotExist) {
			return k, set, err
		}
		if err := s.mayMakeKey(); err != nil {
			return nil, set, err
		}
	}
	cmd, err := s.d.command(ctx, env, s.Plugins)
	if err != nil {
		return nil, set, err
	}
	c, made, err := cmd.Crypter(ctx, set)
	if err != nil {
		return nil, set, err
	}
	made.Passphrase = set.Passphrase
	return engineCrypter{ctx, c}, made, nil
}

// engineCrypter is a crypter of the engine, which the stacks use too.
type engineCrypter struct {
	ctx context.Context
	c   config.Crypter
}

// Encrypt implements crypter.
func (e engineCrypter) Encrypt(plaintext string) (string, error) {
	return e.c.EncryptValue(e.ctx, plaintext)
}

// Decrypt implements crypter.
func (e engineCrypter) Decrypt(ciphertext string) (string, error) {
	plain, err := e.c.DecryptValue(e.ctx, ciphertext)
	var told *gitops.Error
	if err == nil || errors.As(err, &told) {
		return plain, err
	}
	return "", &gitops.Error{Kind: gitops.Invalid, What: "the value was encrypted in another way than `secrets:` says, or is damaged", Err: err,
		Next: "restore it from Git, or encrypt the value again: trunkline secret set"}
}

// mayMakeKey refuses to make a key while a file holds what another one encrypted.
// The engine looks into the states before it makes one.
func (s *Session) mayMakeKey() error {
	if s.leftOut != nil { // it may hold such a value
		return &gitops.Error{Kind: gitops.Invalid, What: "there is no key file " + s.d.keyPath() + ", and no new one is made while an environment's file cannot be read",
			Err: s.leftOut, Next: "mend the file, then: trunkline validate"}
	}
	for _, env := range s.Environments {
		for _, c := range env.Ciphertexts() {
			if id := secrets.KeyOf(c.Ciphertext); id != "" {
				return &gitops.Error{Kind: gitops.Invalid, Where: c.Pos.String(),
					What: "the value was encrypted with key " + id + ", and there is no key file " + s.d.keyPath(),
					Next: "put the key file there from your backup or from who encrypted it; a new key would open nothing"}
			}
		}
	}
	return nil
}

// ready refuses to run stacks before it is settled how their secrets are
// encrypted: each stack would make a salt or data key of its own, which no file
// keeps.
func (s *Session) ready(env *environments.Environment) error {
	lacks := ""
	switch p := env.Secrets.Provider; {
	case p == keyProvider:
		if _, err := os.Stat(s.d.keyPath()); errors.Is(err, fs.ErrNotExist) {
			return s.mayMakeKey()
		}
	case p == passphraseProvider && env.Secrets.Salt == "":
		lacks = "a salt for its passphrase"
	case p != passphraseProvider && env.Secrets.EncryptedKey == "":
		lacks = "a data key that " + p + " has wrapped"
	}
	if lacks == "" {
		return nil
	}
	return &gitops.Error{Kind: gitops.Invalid, Where: env.File, What: "the environment " + env.Name + " lacks " + lacks + " under `secrets:`",
		Next: "trunkline secret init -e " + env.Name + ", and commit the file"}
}

// workspaceSecrets tells a stack's workspace how its secrets are encrypted. The
// passphrase goes to the calls of the engine and to no other process. env is for
// calls that package auto does not offer.
func (s *Session) workspaceSecrets(env *environments.Environment, id gitops.StackID) (opts []auto.LocalWorkspaceOption, vars []string, err error) {
	opts = []auto.LocalWorkspaceOption{
		auto.SecretsProvider(env.Secrets.Provider),
		auto.Stacks(map[string]workspace.ProjectStack{id.PulumiName(): {
			SecretsProvider: env.Secrets.Provider, EncryptionSalt: env.Secrets.Salt, EncryptedKey: env.Secrets.EncryptedKey,
		}}),
	}
	phrase, ok, err := s.d.passphrase()
	if err != nil || !ok {
		return opts, nil, err
	}
	return append(opts, auto.EnvVars(map[string]string{passphraseVar: phrase})), []string{passphraseVar + "=" + phrase}, nil
}
