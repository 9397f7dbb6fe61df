package automation

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// changeSecrets is `stack change-secrets-provider`: the state and the stack's
// file are encrypted anew. The state comes first; when the process dies between
// the two, the same command finishes.
type changeSecrets struct{}

func (changeSecrets) flags(*pflag.FlagSet) {}

func (changeSecrets) run(s *session, args []string) error {
	ref, err := s.own()
	if err != nil {
		return err
	}
	to, err := s.newSecrets(args[0])
	if err != nil {
		return err
	}
	if _, err := io.WriteString(s.out, "Migrating old configuration and state to new secrets provider\n"); err != nil {
		return err
	}
	return s.editFile(ref, func(f *stackFile) error {
		st := f.stack(s)
		plain, err := f.opened(s)
		if err != nil {
			return err
		}
		made, err := s.be.api.Reencrypt(s.ctx, st, to)
		if err != nil {
			return err
		}
		crypter, _, err := s.be.api.Crypter(s.ctx, engine.Stack{Ref: ref, Secrets: made})
		if err != nil {
			return err
		}
		if f.Config, err = plain.Copy(config.NopDecrypter, crypter); err != nil {
			return gitops.Errorf(gitops.Failed, "encrypt the stack's configuration: %w", err)
		}
		f.SecretsProvider, f.EncryptedKey, f.EncryptionSalt = "", made.EncryptedKey, made.EncryptionSalt
		if made.EncryptionSalt == "" && (args[0] != "default" || strings.Contains(made.Provider, "://")) {
			f.SecretsProvider = made.Provider
		}
		return nil
	})
}

// opened is the stack's configuration with its secrets in plain text, still
// marked as secrets. A command that died after it had changed the state has left
// a configuration that only the older key opens, which the file need not name.
func (f *stackFile) opened(s *session) (config.Map, error) {
	if !f.Config.HasSecureValue() {
		return f.Config, nil
	}
	open := func(st engine.Stack) (config.Map, error) {
		c, _, err := s.be.api.Crypter(s.ctx, st)
		if err != nil {
			return nil, err
		}
		return f.Config.Copy(c, config.NopEncrypter)
	}
	st := f.stack(s)
	plain, err := open(st)
	if err != nil && st.Secrets.EncryptionSalt == "" && st.Secrets.EncryptedKey == "" {
		older := st
		older.Secrets.Provider = "key"
		if plain, e := open(older); e == nil {
			return plain, nil
		}
	}
	return plain, err
}

// newSecrets are the settings for a secrets provider. A new passphrase comes
// from standard input, as it does over the CLI, or from the environment.
func (s *session) newSecrets(provider string) (engine.SecretsSettings, error) {
	kind, _, url := strings.Cut(provider, "://")
	switch {
	case provider == "default" || provider == "key":
		return engine.SecretsSettings{Provider: "key"}, nil
	case provider == "passphrase":
		phrase, err := s.newPassphrase()
		return engine.SecretsSettings{Provider: provider, Passphrase: phrase}, err
	case url && slices.Contains([]string{"awskms", "azurekeyvault", "gcpkms", "hashivault"}, kind):
		return engine.SecretsSettings{Provider: provider}, nil
	}
	return engine.SecretsSettings{}, usage("unknown secrets provider type '%s' (supported values: default,key,passphrase,awskms,azurekeyvault,gcpkms,hashivault)", kind)
}

func (s *session) newPassphrase() (func() (string, bool, error), error) {
	if s.stdin == nil {
		return s.passphrase, nil
	}
	line, err := bufio.NewReader(s.stdin).ReadString('\n')
	if err != nil && err != io.EOF {
		return nil, gitops.Errorf(gitops.Invalid, "read the new passphrase: %w", err)
	}
	phrase := strings.TrimSpace(line)
	return func() (string, bool, error) { return phrase, true, nil }, nil
}
