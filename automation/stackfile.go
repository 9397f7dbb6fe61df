package automation

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackFile is a Pulumi.<stack>.yaml.
type stackFile struct {
	*workspace.ProjectStack
	path string
	ref  gitops.StackRef
}

// filePath is where the stack's settings are.
func (s *session) filePath(ref gitops.StackRef) string {
	if s.configFile != "" {
		return s.abs(s.configFile)
	}
	return s.proj.stackFile(ref)
}

// loadFile reads the stack's settings. A missing file is empty.
func (s *session) loadFile(ref gitops.StackRef) (*stackFile, error) {
	path := s.filePath(ref)
	ps, err := workspace.LoadProjectStack(nil, s.proj.Project, path)
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, Where: path, What: "read the stack's settings", Err: err}
	}
	if ps.Config == nil {
		ps.Config = config.Map{}
	}
	if ps.Environment != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, Where: path, What: "`environment:` (Pulumi ESC) is not served in this process"}
	}
	return &stackFile{ProjectStack: ps, path: path, ref: ref}, nil
}

// editFile reads, changes and saves the stack's settings under their lock. A
// file that does not change is not written.
func (s *session) editFile(ref gitops.StackRef, edit func(*stackFile) error) error {
	mu := s.core.fileLock(s.filePath(ref))
	mu.Lock()
	defer mu.Unlock()
	f, err := s.loadFile(ref)
	if err != nil {
		return err
	}
	if err := edit(f); err != nil {
		return err
	}
	return f.save()
}

// save writes the file in one step. It is readable by its owner only as soon as
// it holds something encrypted.
func (f *stackFile) save() error {
	m, ok := encoding.Marshalers[filepath.Ext(f.path)]
	if !ok {
		return &gitops.Error{Kind: gitops.Invalid, Where: f.path, What: "stack settings are .yaml, .yml or .json files"}
	}
	b, err := m.Marshal(f.ProjectStack)
	if err != nil {
		return &gitops.Error{Kind: gitops.Failed, Where: f.path, What: "save the stack's settings", Err: err}
	}
	path := f.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // replace the file, not the link to it
	}
	if err := f.write(path, b); err != nil {
		return gitops.Errorf(gitops.Failed, "save the stack's settings: %w", err)
	}
	return nil
}

func (f *stackFile) write(path string, b []byte) error {
	perm := fs.FileMode(0o644)
	if f.Config.HasSecureValue() {
		perm = 0o600
	}
	old, err := os.ReadFile(path)
	switch {
	case err == nil && perm == 0o600: // an existing file keeps its mode when it is replaced
		if err := os.Chmod(path, perm); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		if bytes.Equal(bytes.TrimSpace(b), []byte("{}")) {
			return nil // nothing to say; what is added later would go between the braces
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if err == nil && bytes.Equal(old, b) {
		return nil
	}
	return maybe.WriteFile(path, b, perm)
}

// stack is the engine's view: how the secrets of the stack are opened.
func (f *stackFile) stack(s *session) engine.Stack {
	provider := f.SecretsProvider
	if provider == "default" {
		provider = ""
	}
	return engine.Stack{Ref: f.ref, Secrets: engine.SecretsSettings{
		Provider: provider, EncryptedKey: f.EncryptedKey, EncryptionSalt: f.EncryptionSalt, Passphrase: s.passphrase,
	}}
}

// keep takes over what the engine made: a new salt or data key. It tells
// whether something changed.
func (f *stackFile) keep(made engine.SecretsSettings) bool {
	changed := false
	set := func(to *string, v string) {
		if v != "" && *to != v {
			*to, changed = v, true
		}
	}
	if strings.Contains(made.Provider, "://") { // the state knows the others, and a salt says passphrase
		set(&f.SecretsProvider, made.Provider)
	}
	set(&f.EncryptedKey, made.EncryptedKey)
	set(&f.EncryptionSalt, made.EncryptionSalt)
	return changed
}

// crypter opens the stack's secrets. A salt or key that is made for it is put
// into the file, which the caller must save.
func (f *stackFile) crypter(s *session) (config.Crypter, bool, error) {
	c, made, err := s.be.api.Crypter(s.ctx, f.stack(s))
	if err != nil {
		return nil, false, err
	}
	return c, f.keep(made), nil
}
