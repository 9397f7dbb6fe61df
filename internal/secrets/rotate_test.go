package secrets

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestANewKeyEncryptsAndTheOldOneStillDecrypts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	old := open(t, path)
	before := encrypt(t, old, "hunter2")

	both, err := AddKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if both.KeyID() == old.KeyID() || !slices.Equal(both.KeyIDs(), []string{both.KeyID(), old.KeyID()}) {
		t.Errorf("the keys are %v, and the old one was %s", both.KeyIDs(), old.KeyID())
	}
	again := open(t, path)
	if got, err := again.Decrypt(before); err != nil || got != "hunter2" {
		t.Errorf("what the old key encrypted: %q, %v", got, err)
	}
	if after := encrypt(t, again, "hunter2"); KeyOf(after) != both.KeyID() {
		t.Errorf("%s is not of the new key %s", after, both.KeyID())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("something was left beside the key file: %v", entries)
	}
}

func TestTheKeyOfAStateIsFoundAmongSeveral(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	old := open(t, path)
	both, err := AddKey(path)
	if err != nil {
		t.Fatal(err)
	}
	view, err := both.With(old.KeyID())
	if err != nil || KeyOf(encrypt(t, view, "x")) != old.KeyID() {
		t.Errorf("the old key should encrypt: %v, %v", view, err)
	}
	if got, err := view.Decrypt(encrypt(t, both, "y")); err != nil || got != "y" {
		t.Errorf("the other keys stay: %q, %v", got, err)
	}
	_, err = both.With("0123456789abcdef")
	wantError(t, err, gitops.Invalid, "key 0123456789abcdef, but "+path+" holds key "+both.KeyID()+", "+old.KeyID(), "backup")
}

func TestForgettingKeepsExactlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), "key")
		n := rapid.IntRange(1, 5).Draw(rt, "keys")
		var file *KeyFile
		for range n {
			k, err := AddKey(path)
			if err != nil {
				rt.Fatal(err)
			}
			file = k
		}
		var keep []string
		for _, id := range file.KeyIDs() {
			if rapid.Bool().Draw(rt, "keep") {
				keep = append(keep, id)
			}
		}
		got, err := ForgetKeys(path, keep)
		if len(keep) == 0 {
			if err == nil || len(open(t, path).KeyIDs()) != n {
				rt.Fatalf("the last key was removed: %v", err)
			}
			return
		}
		if err != nil || !slices.Equal(got.KeyIDs(), keep) {
			rt.Fatalf("kept %v, %v, want %v", got.KeyIDs(), err, keep)
		}
	})
}

func TestRotationsAtOnceLoseNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	secrets := make([]string, 12)
	var g errgroup.Group
	for i := range secrets {
		g.Go(func() error {
			change := AddKey
			if i%3 == 0 {
				change = MakeKeyFile
			}
			k, err := change(path)
			if err == nil {
				secrets[i], err = k.Encrypt("hunter2")
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all := open(t, path)
	for _, s := range secrets {
		if _, err := all.Decrypt(s); err != nil {
			t.Error(err)
		}
	}
}

func TestARefusedOrFullKeyFileIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	full := bytes.Repeat([]byte{7}, keySize*maxKeys)
	for name, c := range map[string]struct {
		content []byte
		mode    os.FileMode
		what    string
	}{
		"of others": {full[:keySize], 0o644, "mode is 0644"},
		"damaged":   {full[:5], 0o600, "has 5 bytes"},
		"full":      {full, 0o600, "no more fit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "key")
			write(t, path, c.content, c.mode)
			_, err := AddKey(path)
			wantError(t, err, gitops.Invalid, c.what, "")
			if after, _ := os.ReadFile(path); !bytes.Equal(after, c.content) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestWithoutRandomNumbersTheOldKeysStay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	old := open(t, path)
	_, err := addKey(path, strings.NewReader("too short"))
	wantError(t, err, gitops.Failed, "cannot make a key", "")
	if now := open(t, path); !slices.Equal(now.KeyIDs(), old.KeyIDs()) {
		t.Errorf("the keys are %v", now.KeyIDs())
	}
}

// FuzzOpenKeyFile holds any content against the promise: it is refused, or it is
// one or more keys that encrypt and decrypt.
func FuzzOpenKeyFile(f *testing.F) {
	for _, n := range []int{0, 1, 31, 32, 33, 64, 96, keySize*maxKeys + keySize} {
		f.Add(bytes.Repeat([]byte{7}, n))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := OpenKeyFile(path)
		var told *gitops.Error
		switch {
		case err != nil && (!errors.As(err, &told) || told.Kind != gitops.Invalid):
			t.Fatalf("%d bytes: %v", len(content), err)
		case err != nil && len(content) > 0 && len(content)%keySize == 0 && len(content) <= keySize*maxKeys:
			t.Fatalf("%d bytes are refused: %v", len(content), err)
		case err == nil && len(k.KeyIDs())*keySize != len(content):
			t.Fatalf("%d bytes are %d keys", len(content), len(k.KeyIDs()))
		}
	})
}
