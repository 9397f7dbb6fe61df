package engine

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keyring keeps unlocked passphrase managers, because unlocking one costs a
// million rounds of PBKDF2. Pulumi has such a cache too, but it looks at the
// salt alone: once a salt is unlocked, any passphrase is accepted for it.
type keyring struct {
	mu    sync.Mutex
	salts map[string]*unlocked
}

type unlocked struct {
	mu     sync.Mutex
	phrase [sha256.Size]byte
	sm     secrets.Manager
}

func (k *keyring) entry(salt string) *unlocked {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.salts == nil {
		k.salts = map[string]*unlocked{}
	}
	if k.salts[salt] == nil {
		k.salts[salt] = &unlocked{}
	}
	return k.salts[salt]
}

// open returns the manager of a salt, or an error of kind Denied when the
// passphrase is not the one it was made with.
func (k *keyring) open(phrase, salt string) (secrets.Manager, error) {
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
	sm, err := passphrase.GetPassphraseSecretsManager(phrase, salt)
	if errors.Is(err, passphrase.ErrIncorrectPassphrase) {
		return nil, wrongPassphrase()
	}
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "the stack's encryption salt is damaged: %w", err)
	}
	u.phrase, u.sm = sum, sm
	return sm, nil
}

// create makes a new salt.
func (k *keyring) create(phrase string) (salt string, sm secrets.Manager, err error) {
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

func wrongPassphrase() error {
	return &gitops.Error{Kind: gitops.Denied, What: "incorrect passphrase: it is not the one this stack's secrets were encrypted with",
		Next: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the right one"}
}
