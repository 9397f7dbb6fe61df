package secrets

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestWhatWasEncryptedIsDecrypted(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.OneOf(rapid.String(), rapid.StringN(0, 3, -1)).Draw(t, "plain")
		secret, err := k.Encrypt(plain)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(secret, "tk1:"+k.KeyID()+":") {
			t.Fatalf("%q does not start with the form and the key's ID", secret)
		}
		got, err := k.Decrypt(secret)
		if err != nil || got != plain {
			t.Fatalf("Decrypt = %q, %v, want %q", got, err, plain)
		}
	})
}

func TestTheSameTextIsEncryptedDifferentlyEachTime(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	a, b := encrypt(t, k, "hunter2"), encrypt(t, k, "hunter2")
	if a == b {
		t.Error("two encryptions of one text are equal")
	}
}

func TestAnyChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	secret := encrypt(t, k, "hunter2")
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(secret)-1).Draw(t, "at")
		with := rapid.Byte().Draw(t, "with")
		if secret[at] == with {
			return
		}
		changed := secret[:at] + string(rune(with)) + secret[at+1:]
		got, err := k.Decrypt(changed)
		if err == nil {
			t.Fatalf("%q was accepted as %q", changed, got)
		}
		if gitops.KindOf(err) != gitops.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("wrong error: %v", err)
		}
	})
}

func TestAnotherKeysTextNamesBothKeys(t *testing.T) {
	t.Parallel()
	ours, theirs := testKey(t, 'o'), testKey(t, 't')
	_, err := ours.Decrypt(encrypt(t, theirs, "hunter2"))
	wantError(t, err, gitops.Invalid, ours.KeyID(), theirs.KeyID())
	wantError(t, err, gitops.Invalid, theirs.KeyID(), "trunkline secret set")
}

func TestDamagedTextSaysHow(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	secret := encrypt(t, k, "hunter22") // 36 bytes: whole base64 groups
	for name, c := range map[string]struct{ text, what string }{
		"empty":         {"", "does not have the form"},
		"plain text":    {"hunter2", "does not have the form"},
		"other scheme":  {"v1" + secret[3:], "does not have the form"},
		"a fourth part": {secret + ":", "does not have the form"},
		"no key":        {"tk1::" + secret[21:], "not a key ID"},
		"cut short":     {secret[:40], "cut short"},
		"cut in bytes":  {secret[:len(secret)-4], "changed"},
		"not base64":    {secret[:len(secret)-2] + "!!", "not base64"},
		"padded":        {secret + "=", "not base64"},
		"line break":    {secret[:30] + "\n" + secret[30:], "not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := k.Decrypt(c.text)
			wantError(t, err, gitops.Invalid, "damaged", "trunkline secret set")
			wantError(t, err, gitops.Invalid, c.what, "")
		})
	}
}

func TestNoRandomNumbersMeansNoCiphertext(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	k.random = strings.NewReader("short")
	_, err := k.Encrypt("hunter2")
	wantError(t, err, gitops.Failed, "no random numbers", "")
}

func FuzzDecrypt(f *testing.F) {
	k := testKey(f, 'k')
	k.random = strings.NewReader("twelve bytes") // the same text in each worker
	good, err := k.Encrypt("hunter2")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "tk1::", "tk1:" + k.KeyID() + ":", good, good[:30], strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := k.Decrypt(s)
		switch {
		case err == nil && (s != good || plain != "hunter2"):
			t.Errorf("%q was accepted as %q", s, plain)
		case err != nil && gitops.KindOf(err) != gitops.Invalid:
			t.Errorf("%q gives an error of kind %d: %v", s, gitops.KindOf(err), err)
		}
	})
}

func encrypt(t *testing.T, k *KeyFile, plain string) string {
	t.Helper()
	s, err := k.Encrypt(plain)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
