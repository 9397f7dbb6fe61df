package driver

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/frompulumi"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// readStack reads the settings and the state of one stack.
func (s *pulumiSource) readStack(ctx context.Context, name string) (frompulumi.Stack, error) {
	file := "Pulumi." + name + filepath.Ext(s.file)
	out := frompulumi.Stack{Name: name, File: path.Join(filepath.ToSlash(s.project.StackConfigDir), file)}
	ps, err := workspace.LoadProjectStack(nil, s.project, filepath.Join(s.stackDir(), file))
	if err != nil {
		return out, &gitops.Error{Kind: gitops.Invalid, Where: out.File, What: "cannot read the settings of the stack", Err: err}
	}
	if ps.Environment != nil {
		s.find(frompulumi.Finding{File: out.File, Blocks: true, What: "environment: takes values from Pulumi ESC, which only the Pulumi CLI can read",
			Next: "write the values into config: and remove it"})
		return out, nil
	}
	if out.Config, err = s.configOf(ctx, ps, out.File); err != nil {
		return out, err
	}
	out.State, err = s.stateOf(ctx, name)
	return out, err
}

// configOf decrypts the configuration of a stack with what encrypts it, and
// encrypts its secrets for the estate.
func (s *pulumiSource) configOf(ctx context.Context, ps *workspace.ProjectStack, file string) (map[string]settings.Value, error) {
	all, err := automation.WithDefaults(ps.Config, s.project)
	if err != nil {
		return nil, err
	}
	var with config.Decrypter = config.NopDecrypter
	if all.HasSecureValue() {
		cmd := s.exporter("sqlite://" + filepath.ToSlash(filepath.Join(s.scratch, "none.db")))
		defer cmd.Close()
		with, _, err = cmd.Crypter(ctx, s.sealing(ps))
		if err != nil {
			return nil, &gitops.Error{Kind: gitops.KindOf(err), Where: file, What: "cannot open the secrets of the stack", Err: err,
				Next: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or sign in to the KMS; values that Pulumi Cloud encrypts: pulumi config rm, then trunkline secret set"}
		}
	}
	out := map[string]settings.Value{}
	for key, v := range all {
		if out[key.String()], err = s.converted(v, with); err != nil {
			return nil, &gitops.Error{Kind: gitops.Invalid, Where: file, What: "cannot read " + key.String(), Err: err,
				Next: "is it the right passphrase?"}
		}
	}
	return out, nil
}

// sealing is how the secrets of a stack are encrypted.
func (s *pulumiSource) sealing(ps *workspace.ProjectStack) automation.Secrets {
	out := automation.Secrets{Provider: ps.SecretsProvider, EncryptedKey: ps.EncryptedKey, EncryptionSalt: ps.EncryptionSalt, Passphrase: s.d.passphrase}
	if out.Provider == "default" {
		out.Provider = ""
	}
	return out
}

// converted is one value of the configuration. One with a secret inside is a
// secret as a whole, the text of its JSON: so the program gets it too.
func (s *pulumiSource) converted(v config.Value, with config.Decrypter) (settings.Value, error) {
	text, err := v.Value(with)
	switch {
	case err != nil:
		return settings.Value{}, err
	case v.Secure():
		sealed, err := s.key.Encrypt(text)
		return settings.Value{Kind: settings.SecretValue, Text: sealed}, err
	case v.Object():
		return settings.ValueOf(json.RawMessage(text))
	}
	return settings.Value{Kind: settings.String, Text: text}, nil
}

// stateOf is the exported state of a stack with its secrets in plain text, nil
// when it has none.
func (s *pulumiSource) stateOf(ctx context.Context, name string) ([]byte, error) {
	if text, err := s.exportedFile(name); err != nil || text != nil {
		return text, err
	}
	url, err := s.backendURL()
	if err != nil || url == "" {
		return nil, err
	}
	dir, env, err := s.ownFiles()
	if err != nil {
		return nil, err
	}
	var cause error
	backend := s.exporter(url)
	defer backend.Close()
	cmd := backend.With(automation.OnError(func(_ string, err error) { cause = err }))
	full := "organization/" + string(s.project.Name) + "/" + name
	out, _, _, err := cmd.Run(ctx, dir, nil, nil, nil, env, "stack", "export", "--show-secrets", "--stack", full)
	if err != nil && cause != nil {
		err = cause
	}
	switch {
	case gitops.KindOf(err) == gitops.NotFound:
		return nil, nil
	case err != nil:
		return nil, &gitops.Error{Kind: gitops.KindOf(err), What: "cannot read the state of the stack " + name + " at " + withoutUser(url), Err: err,
			Next: "set PULUMI_CONFIG_PASSPHRASE if that is what encrypts it, or give an export: --state " + name + "=FILE"}
	}
	return []byte(out), nil
}

// withoutUser is a URL without what may be a password.
func withoutUser(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	if _, host, found := strings.Cut(rest, "@"); found {
		rest = host
	}
	return scheme + "://" + rest
}

// ownFiles makes a directory with the project's own files, for calls that may write
// to them.
func (s *pulumiSource) ownFiles() (dir string, env []string, err error) {
	dir, err = os.MkdirTemp(s.scratch, "project-")
	if err != nil {
		return "", nil, err
	}
	found, err := filepath.Glob(filepath.Join(escaped(s.stackDir()), "Pulumi.*"))
	if err != nil {
		return "", nil, err
	}
	to := filepath.Join(dir, filepath.FromSlash(s.project.StackConfigDir))
	if err := os.MkdirAll(to, 0o700); err != nil {
		return "", nil, err
	}
	files := map[string]string{filepath.Join(s.dir, s.file): filepath.Join(dir, s.file)}
	for _, f := range found {
		files[f] = filepath.Join(to, filepath.Base(f))
	}
	for from, to := range files {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o600)
		}
		if err != nil {
			return "", nil, err
		}
	}
	phrase, ok, err := s.d.passphrase()
	if err == nil && ok {
		env = append(env, passphraseVar+"="+phrase)
	}
	return dir, env, err
}
