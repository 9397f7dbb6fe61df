package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/cloud"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keyType is the type of our secrets manager in a deployment. Its state is
// {"key": "<key id>"}.
const keyType = "trunkline-key"

const (
	providerKey        = "key"
	providerPassphrase = "passphrase"
)

// keyManager is a secrets manager around the key of the installation.
type keyManager struct {
	crypter keyCrypter
	state   json.RawMessage
}

func (m keyManager) Type() string                { return keyType }
func (m keyManager) State() json.RawMessage      { return m.state }
func (m keyManager) Encrypter() config.Encrypter { return m.crypter }
func (m keyManager) Decrypter() config.Decrypter { return m.crypter }

// keyCrypter gives a KeyCrypter the methods that Pulumi wants.
type keyCrypter struct{ key KeyCrypter }

func (c keyCrypter) EncryptValue(_ context.Context, plain string) (string, error) {
	return c.key.Encrypt(plain)
}

func (c keyCrypter) DecryptValue(_ context.Context, text string) (string, error) {
	return c.key.Decrypt(text)
}

func (c keyCrypter) BatchEncrypt(ctx context.Context, plain []string) ([]string, error) {
	return config.DefaultBatchEncrypt(ctx, c, plain)
}

func (c keyCrypter) BatchDecrypt(ctx context.Context, texts []string) ([]string, error) {
	return config.DefaultBatchDecrypt(ctx, c, texts)
}

type keyState struct {
	Key string `json:"key"`
}

// openKey returns the manager of the installation's key. want is the key's ID
// as a state has it; empty means the one that new states get.
func (e *Engine) openKey(ctx context.Context, want string) (secrets.Manager, error) {
	key, err := e.key(ctx, want)
	if err != nil {
		return nil, err
	}
	if want != "" && want != key.KeyID() {
		return nil, &gitops.Error{Kind: gitops.Invalid,
			What: fmt.Sprintf("the stack's secrets are encrypted with key %s, and this installation has key %s", want, key.KeyID()),
			Next: "put the key file of the installation that made the stack in place"}
	}
	state, err := json.Marshal(keyState{Key: key.KeyID()})
	if err != nil {
		return nil, err
	}
	return keyManager{crypter: keyCrypter{key}, state: state}, nil
}

// key opens a key of the installation. One is made only when there is none and
// nothing in the store needs one.
func (e *Engine) key(ctx context.Context, want string) (KeyCrypter, error) {
	switch {
	case e.opts.Key == nil:
		return nil, gitops.Errorf(gitops.Invalid, "no key is configured: choose another secrets provider for this stack")
	case want != "" && e.opts.KeyByID != nil:
		key, err := e.opts.KeyByID(want)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, lostKey("the stack's secrets are", want, err)
		}
		return key, err
	}
	key, err := e.opts.Key()
	if want != "" || e.opts.MakeKey == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	ref, id, needErr := e.needsKey(ctx)
	switch {
	case needErr != nil:
		return nil, needErr
	case id != "":
		if key, err := e.opts.Key(); !errors.Is(err, fs.ErrNotExist) {
			return key, err // somebody has made it meanwhile
		}
		return nil, lostKey(fmt.Sprintf("the secrets of stack %s are", ref.Stack), id, err)
	}
	return e.opts.MakeKey()
}

func lostKey(what, id string, err error) error {
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s encrypted with key %s, and it is not here", what, id), Err: err,
		Next: "put the key file there from your backup or from who made it; a new key would open nothing"}
}

// needsKey finds a stack of the store whose state was encrypted with a key of
// an installation, and the key's ID. A state that cannot be read needs none.
func (e *Engine) needsKey(ctx context.Context) (gitops.StackRef, string, error) {
	all, err := e.opts.Store.Stacks(ctx, "")
	if err != nil {
		return gitops.StackRef{}, "", err
	}
	for _, info := range all {
		b, err := e.load(ctx, info.Ref)
		if err != nil {
			continue
		}
		var st keyState
		sp := b.deployment.Deployment.SecretsProviders
		if sp != nil && sp.Type == keyType && json.Unmarshal(sp.State, &st) == nil && st.Key != "" {
			return info.Ref, st.Key, nil
		}
	}
	return gitops.StackRef{}, "", nil
}

// secretsProvider opens the secrets managers that states name, with what the
// caller can contribute. It is a secrets.Provider.
type secretsProvider struct {
	e        *Engine
	settings SecretsSettings
}

// OfType implements secrets.Provider.
func (p secretsProvider) OfType(ctx context.Context, ty string, state json.RawMessage) (secrets.Manager, error) {
	switch ty {
	case keyType:
		var st keyState
		if err := json.Unmarshal(state, &st); err != nil || st.Key == "" {
			return nil, gitops.Errorf(gitops.Failed, "the state names no key for its secrets: %s", state)
		}
		return p.e.openKey(ctx, st.Key)
	case passphrase.Type:
		var st phraseState
		if err := json.Unmarshal(state, &st); err != nil || st.Salt == "" {
			return nil, gitops.Errorf(gitops.Failed, "the state names no salt for its secrets")
		}
		phrase, err := p.settings.phrase()
		if err != nil {
			return nil, err
		}
		return p.e.keys.phrase(phrase, st.Salt)
	case cloud.Type:
		return p.e.kms(state)
	}
	return nil, gitops.Errorf(gitops.Failed, "the state's secrets are of type %q, which is not supported here", ty)
}

func (s SecretsSettings) phrase() (string, error) {
	if s.Passphrase != nil {
		phrase, ok, err := s.Passphrase()
		if err != nil {
			return "", gitops.Errorf(gitops.Denied, "read the passphrase: %w", err)
		}
		if ok {
			return phrase, nil
		}
	}
	return "", &gitops.Error{Kind: gitops.Denied,
		What: "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
		Next: "put the passphrase into a file that you alone can read, and: export PULUMI_CONFIG_PASSPHRASE_FILE=FILE"}
}

// provider returns the name of the provider that the settings choose.
func (s SecretsSettings) provider() string {
	switch {
	case s.Provider != "" && s.Provider != "default":
		return s.Provider
	case s.EncryptionSalt != "":
		return providerPassphrase
	case s.Passphrase == nil:
		return providerKey
	}
	if _, ok, err := s.Passphrase(); ok || err != nil {
		return providerPassphrase
	}
	return providerKey
}

// undecided tells that the settings would make a new key or salt. A state that
// already has one goes first then.
func (s SecretsSettings) undecided() bool {
	switch s.provider() {
	case providerKey:
		return s.Provider != providerKey
	case providerPassphrase:
		return s.EncryptionSalt == ""
	}
	return s.EncryptedKey == ""
}

// manager opens the secrets manager of a stack whose state names saved (nil
// when there is none). The settings returned are the ones to save.
func (e *Engine) manager(ctx context.Context, s SecretsSettings, saved *apitype.SecretsProvidersV1) (secrets.Manager, SecretsSettings, error) {
	if saved != nil && saved.Type != "" && s.undecided() {
		sm, err := secretsProvider{e, s}.OfType(ctx, saved.Type, saved.State)
		if err != nil {
			return nil, s, err
		}
		return sm, s.recall(sm), nil
	}
	switch provider := s.provider(); provider {
	case providerKey:
		sm, err := e.openKey(ctx, "")
		return sm, s.recall(sm), err
	case providerPassphrase:
		phrase, err := s.phrase()
		if err != nil {
			return nil, s, err
		}
		if s.EncryptionSalt != "" {
			sm, err := e.keys.phrase(phrase, s.EncryptionSalt)
			return sm, s, err
		}
		salt, sm, err := e.keys.newPhrase(phrase)
		s.EncryptionSalt = salt
		return sm, s, err
	default:
		sm, err := e.kmsKey(provider, s.EncryptedKey)
		if err != nil {
			return nil, s, err
		}
		return sm, s.recall(sm), nil
	}
}

// recall fills the settings with what sm's state says.
func (s SecretsSettings) recall(sm secrets.Manager) SecretsSettings {
	if sm == nil {
		return s
	}
	var st struct {
		Salt         string `json:"salt"`
		URL          string `json:"url"`
		EncryptedKey []byte `json:"encryptedkey"`
	}
	if json.Unmarshal(sm.State(), &st) != nil {
		return s
	}
	switch sm.Type() {
	case passphrase.Type:
		s.EncryptionSalt = st.Salt
	case cloud.Type:
		s.Provider, s.EncryptedKey = st.URL, base64.StdEncoding.EncodeToString(st.EncryptedKey)
	case keyType:
		s.Provider, s.EncryptionSalt, s.EncryptedKey = providerKey, "", ""
	}
	return s
}

// blindProvider opens every state without a key; each secret in it reads
// "[secret]".
type blindProvider struct{}

// OfType implements secrets.Provider.
func (blindProvider) OfType(_ context.Context, ty string, state json.RawMessage) (secrets.Manager, error) {
	return blindManager{ty, state}, nil
}

type blindManager struct {
	ty    string
	state json.RawMessage
}

func (m blindManager) Type() string                { return m.ty }
func (m blindManager) State() json.RawMessage      { return m.state }
func (m blindManager) Encrypter() config.Encrypter { return config.NewPanicCrypter() }
func (m blindManager) Decrypter() config.Decrypter { return blindDecrypter{} }

type blindDecrypter struct{}

func (blindDecrypter) DecryptValue(context.Context, string) (string, error) {
	return `"` + gitops.Masked + `"`, nil
}

func (d blindDecrypter) BatchDecrypt(ctx context.Context, texts []string) ([]string, error) {
	return config.DefaultBatchDecrypt(ctx, d, texts)
}
