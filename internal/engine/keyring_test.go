package engine

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// counted is a keyring that counts the costly steps.
func counted(k *keyring) *atomic.Int64 {
	n := new(atomic.Int64)
	k.derive = func(phrase string, salt []byte) config.Crypter {
		n.Add(1)
		return config.NewSymmetricCrypterFromPassphrase(phrase, salt)
	}
	return n
}

func salted(t testing.TB, phrase string) string {
	t.Helper()
	salt, _, err := new(keyring).newPhrase(phrase)
	if err != nil {
		t.Fatal(err)
	}
	return salt
}

func TestManyStacksOfOneSaltCostOneUnlocking(t *testing.T) {
	t.Parallel()
	e := New(Options{Store: enginetest.NewStore()})
	n := counted(&e.keys)
	settings := SecretsSettings{Provider: "passphrase", EncryptionSalt: salted(t, "right"),
		Passphrase: func() (string, bool, error) { return "right", true, nil }}
	var wg sync.WaitGroup
	for _, name := range strings.Split("abcdefghijklmnopqrst", "") {
		wg.Go(func() {
			s := Stack{Ref: gitops.StackRef{Project: "p", Stack: name + ".dev"}, Secrets: settings}
			if _, err := e.Init(t.Context(), s); err != nil {
				t.Error(err)
			}
			if _, _, err := e.Crypter(t.Context(), s); err != nil {
				t.Error(err)
			}
			if _, err := e.Export(t.Context(), s, true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := n.Load(); got != 1 {
		t.Errorf("%d unlockings for 20 stacks, want 1", got)
	}
}

func TestAWrongPassphraseIsRefusedAfterARightOneInAnyEngine(t *testing.T) {
	t.Parallel()
	salt := salted(t, "right")
	var first, second keyring
	if _, err := first.phrase("right", salt); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*keyring{"the same": &first, "another": &second} {
		if _, err := k.phrase("wrong", salt); gitops.KindOf(err) != gitops.Denied {
			t.Errorf("%s keyring: %v", name, err)
		}
	}
	if _, err := second.phrase("right", salt); err != nil {
		t.Errorf("the right one after a wrong one: %v", err)
	}
}

func TestADamagedSaltIsToldFromAWrongPassphrase(t *testing.T) {
	t.Parallel()
	for _, salt := range []string{"", "v1", "v2:YQ==:x", "v1:?:x", "v1:YQ=="} {
		if _, err := new(keyring).phrase("p", salt); gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "salt is damaged") {
			t.Errorf("%q: %v", salt, err)
		}
	}
}

func FuzzSalt(f *testing.F) {
	f.Add("v1:YQ==:v1:YQ==:YQ==")
	f.Add("v1::")
	f.Fuzz(func(t *testing.T, salt string) {
		k := keyring{derive: func(string, []byte) config.Crypter { return config.NewSymmetricCrypter(make([]byte, 32)) }}
		if _, err := k.phrase("p", salt); err == nil {
			t.Errorf("%q is accepted", salt)
		} else if kind := gitops.KindOf(err); kind != gitops.Invalid && kind != gitops.Denied {
			t.Errorf("%q: %v", salt, err)
		}
	})
}

func TestAKeyIsMadeOnlyWhereNothingNeedsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		there := rapid.Bool().Draw(t, "a key is there")
		used := rapid.Bool().Draw(t, "a stack was encrypted with one")
		store := enginetest.NewStore()
		made := 0
		opts := Options{Store: store,
			Key: func() (KeyCrypter, error) {
				if !there {
					return nil, &gitops.Error{Kind: gitops.Invalid, What: "no key file", Err: fs.ErrNotExist}
				}
				return enginetest.Key("old"), nil
			},
			MakeKey: func() (KeyCrypter, error) { made++; return enginetest.Key("new"), nil },
		}
		if used {
			older := New(Options{Store: store, Key: func() (KeyCrypter, error) { return enginetest.Key("old"), nil }})
			if _, err := older.Init(t.Context(), Stack{Ref: gitops.StackRef{Project: "p", Stack: "a.dev"}}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := New(opts).Init(t.Context(), Stack{Ref: gitops.StackRef{Project: "p", Stack: "b.dev"}})
		switch {
		case there || !used:
			if err != nil || (made == 1) == there {
				t.Fatalf("%d keys were made, %v", made, err)
			}
		case made > 0 || gitops.KindOf(err) != gitops.Invalid || !errors.Is(err, fs.ErrNotExist) ||
			!strings.Contains(err.Error(), "stack a.dev are encrypted with key old"):
			t.Fatalf("%d keys were made, %v", made, err)
		}
	})
}

func TestAStateOfAnOlderKeyIsOpenedWithThatKey(t *testing.T) {
	t.Parallel()
	store := enginetest.NewStore()
	old := New(Options{Store: store, Key: func() (KeyCrypter, error) { return enginetest.Key("old"), nil }})
	if _, err := old.Init(t.Context(), Stack{Ref: dev}); err != nil {
		t.Fatal(err)
	}
	rotated := New(Options{Store: store,
		Key:     func() (KeyCrypter, error) { return enginetest.Key("new"), nil },
		KeyByID: func(id string) (KeyCrypter, error) { return enginetest.Key(id), nil }})
	if _, err := rotated.Export(t.Context(), Stack{Ref: dev}, true); err != nil {
		t.Error(err)
	}
	if _, err := rotated.Reencrypt(t.Context(), Stack{Ref: dev}, SecretsSettings{Provider: "key"}); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Export(t.Context(), Stack{Ref: dev}, true); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("the state is still of the old key: %v", err)
	}
}
