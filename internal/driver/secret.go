package driver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// SetSecret encrypts a value as the environment's file says and writes it there,
// as `stack.key`, which must be a secret of the stack. Comments and layout stay.
// The session must be of the work tree.
func (s *Session) SetSecret(ctx context.Context, environment, setting, plaintext string) (path string, err error) {
	stack, key, ok := strings.Cut(setting, ".")
	if !ok || stack == "" || key == "" {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "a secret is named STACK.KEY, not " + setting,
			Next: "trunkline secret set -e " + environment + " STACK.KEY < value.txt"}
	}
	env, err := s.Environment(environment)
	if err != nil {
		return "", err
	}
	if _, err := s.Definition(stack); err != nil {
		return "", err
	}
	// Whether the setting takes a secret is asked before anything is made.
	data, err := s.readFile(env)
	if err != nil {
		return "", err
	}
	if _, err := s.withSecret(env, data, stack, key, "none yet"); err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, Where: env.File, Err: err,
			Next: "nothing was changed; trunkline config explain -e " + environment + " -s " + stack + " lists the settings, and a secret is a field of type estate.Secret"}
	}
	c, made, err := s.crypter(ctx, env, s.d.secretsOf(env))
	if err != nil {
		return "", err
	}
	cipher, err := c.Encrypt(plaintext)
	if err != nil {
		return "", err
	}
	return s.editFile(env, func(data []byte) ([]byte, error) {
		if data, err = environments.SetSecrets(data, kept(made)); err != nil {
			return nil, err
		}
		return s.withSecret(env, data, stack, key, cipher)
	})
}

// InitSecrets makes what the environment lacks to encrypt its secrets, and
// writes it to its file: a salt for its passphrase, or a data key that its KMS
// has wrapped. wrote is false when nothing was lacking.
func (s *Session) InitSecrets(ctx context.Context, environment string) (path string, wrote bool, err error) {
	env, err := s.Environment(environment)
	if err != nil {
		return "", false, err
	}
	_, made, err := s.crypter(ctx, env, s.d.secretsOf(env))
	if err != nil {
		return "", false, err
	}
	path, err = s.editFile(env, func(data []byte) ([]byte, error) {
		after, err := environments.SetSecrets(data, kept(made))
		wrote = string(after) != string(data)
		return after, err
	})
	return path, wrote, err
}

// withSecret puts a ciphertext into a file and holds the setting against the
// type that asks for it.
func (s *Session) withSecret(env *environments.Environment, data []byte, stack, key, cipher string) ([]byte, error) {
	edited, err := environments.SetSecret(data, stack, key, cipher)
	if err != nil {
		return nil, err
	}
	after, err := environments.Parse(env.File, edited)
	if err != nil {
		return nil, err
	}
	var wrong []settings.Problem
	for _, p := range s.checkEnvironment(after) {
		if setting := stack + "." + key; p.Path == setting || strings.HasPrefix(setting, p.Path+".") {
			p.Pos = settings.Pos{} // of a file that is not written
			wrong = append(wrong, p)
		}
	}
	return edited, settings.ErrorOf(wrong)
}

// kept is the part of the settings that the environment's file keeps.
func kept(s automation.Secrets) environments.Secrets {
	return environments.Secrets{Provider: s.Provider, Salt: s.EncryptionSalt, EncryptedKey: s.EncryptedKey}
}

// readFile reads the file of an environment as it is in the work tree.
func (s *Session) readFile(env *environments.Environment) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(s.Root, filepath.FromSlash(env.File)))
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "cannot read " + env.File, Err: err}
	}
	return data, nil
}

// editFile changes the file of an environment in one step. What is not changed
// is not written.
func (s *Session) editFile(env *environments.Environment, edit func([]byte) ([]byte, error)) (file string, err error) {
	data, err := s.readFile(env)
	if err != nil {
		return "", err
	}
	edited, err := edit(data)
	var told *gitops.Error
	switch {
	case errors.As(err, &told):
		return "", err
	case err != nil:
		return "", &gitops.Error{Kind: gitops.Invalid, Where: env.File, Err: err}
	case string(edited) == string(data):
		return env.File, nil
	}
	path := filepath.Join(s.Root, filepath.FromSlash(env.File))
	info, err := os.Stat(path)
	if err == nil {
		err = renameio.WriteFile(path, edited, info.Mode().Perm())
	}
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot write " + env.File, Err: err}
	}
	return env.File, nil
}
