package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keyring keeps what was unlocked: a passphrase costs a million rounds of PBKDF2,
// a data key a call to a KMS. Pulumi has a cache for passphrases, which is not
// used because it looks at the salt alone: once a salt is unlocked, any
// passphrase is accepted for it in the whole process.
type keyring struct {
	mu      sync.Mutex
	entries map[string]*unlocked
	// derive stands for the costly step in tests; nil means Pulumi's.
	derive func(phrase string, salt []byte) config.Crypter
}

// unlocked is one salt or one wrapped data key. mu is held while it is opened,
// so that all who want it at once wait for one unlocking.
type unlocked struct {
	mu     sync.Mutex
	phrase [sha256.Size]byte
	sm     secrets.Manager
}

func (k *keyring) entry(name string) *unlocked {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.entries == nil {
		k.entries = map[string]*unlocked{}
	}
	if k.entries[name] == nil {
		k.entries[name] = &unlocked{}
	}
	return k.entries[name]
}

// phrase returns the manager of a salt, or an error of kind Denied when the
// passphrase is not the one it was made with.
func (k *keyring) phrase(phrase, salt string) (secrets.Manager, error) {
	u := k.entry(salt)
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := sha256.Sum256([]byte(phrase))
	if u.sm != nil {
		if subtle.ConstantTimeCompare(u.phrase[:], sum[:]) != 1 {
			return nil, wrongPassphrase()
		}
		return u.sm, nil
	}
	sm, err := k.unlock(phrase, salt)
	if err != nil {
		return nil, err
	}
	u.phrase, u.sm = sum, sm
	return sm, nil
}

// unlock derives the key of a salt and checks it. A salt is "v1:<base64>:" and
// the word pulumi, encrypted.
func (k *keyring) unlock(phrase, salt string) (secrets.Manager, error) {
	parts := strings.SplitN(salt, ":", 3)
	if len(parts) != 3 || parts[0] != "v1" {
		return nil, damagedSalt(errors.New("it does not have the form v1:<salt>:<proof>"))
	}
	raw, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, damagedSalt(err)
	}
	derive := k.derive
	if derive == nil {
		derive = config.NewSymmetricCrypterFromPassphrase
	}
	c := derive(phrase, raw)
	if proof, err := c.DecryptValue(context.Background(), parts[2]); err != nil || proof != "pulumi" {
		return nil, wrongPassphrase()
	}
	state, err := json.Marshal(phraseState{Salt: salt})
	if err != nil {
		return nil, err
	}
	return phraseManager{state: state, crypter: config.NewCiphertextToPlaintextCachedCrypter(c, c)}, nil
}

// newPhrase makes a new salt. Its key is derived once: that is what takes time.
func (k *keyring) newPhrase(phrase string) (salt string, sm secrets.Manager, err error) {
	salt, sm, err = passphrase.NewPassphraseSecretsManager(phrase)
	if err != nil {
		return "", nil, err
	}
	u := k.entry(salt)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.phrase, u.sm = sha256.Sum256([]byte(phrase)), sm
	return salt, sm, nil
}

// once returns the manager of that name, made at first use. A failure is not
// kept.
func (k *keyring) once(name string, open func() (secrets.Manager, error)) (secrets.Manager, error) {
	u := k.entry(name)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sm != nil {
		return u.sm, nil
	}
	sm, err := open()
	if err == nil {
		u.sm = sm
	}
	return sm, err
}

// phraseState is the state of Pulumi's passphrase manager in a deployment.
type phraseState struct {
	Salt string `json:"salt"`
}

// phraseManager does what Pulumi's passphrase manager does.
type phraseManager struct {
	state   json.RawMessage
	crypter config.Crypter
}

func (m phraseManager) Type() string                { return passphrase.Type }
func (m phraseManager) State() json.RawMessage      { return m.state }
func (m phraseManager) Encrypter() config.Encrypter { return m.crypter }
func (m phraseManager) Decrypter() config.Decrypter { return m.crypter }

func wrongPassphrase() error {
	return &gitops.Error{Kind: gitops.Denied, What: "incorrect passphrase: it is not the one these secrets were encrypted with",
		Next: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the right one"}
}

func damagedSalt(err error) error {
	return &gitops.Error{Kind: gitops.Invalid, What: "the encryption salt is damaged", Err: err,
		Next: "restore it from Git, or from an export of the stack's state"}
}
