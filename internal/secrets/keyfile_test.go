package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestFirstUseMakesAPrivateKeyThatStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "dir", "key")
	first := open(t, path)

	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("the key file has mode %04o and %d bytes, want 0600 and 32", info.Mode().Perm(), info.Size())
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if dir.Mode().Perm() != 0o700 {
		t.Errorf("its directory has mode %04o, want 0700", dir.Mode().Perm())
	}
	if again := open(t, path); again.KeyID() != first.KeyID() {
		t.Errorf("the second use has key %s, the first had %s", again.KeyID(), first.KeyID())
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("temporary files were left: %v", entries)
	}
}

func TestRacingFirstUsesEndWithOneKey(t *testing.T) {
	t.Parallel()
	for range 20 {
		path := filepath.Join(t.TempDir(), "key")
		ids := make([]string, 8)
		var g errgroup.Group
		for i := range ids {
			g.Go(func() error {
				k, err := MakeKeyFile(path)
				if err == nil {
					ids[i] = k.KeyID()
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("racing processes use different keys: %v", ids)
			}
		}
	}
}

func TestUnusableKeyFilesAreRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	good := bytes.Repeat([]byte{7}, 32)
	for _, c := range []struct {
		name    string
		content []byte
		mode    os.FileMode
		what    string
		next    string
	}{
		{"readable by the group", good, 0o640, "mode is 0640", "chmod 600 '"},
		{"writable by the world", good, 0o602, "mode is 0602", "chmod 600 '"},
		{"empty", nil, 0o600, "has 0 bytes", "backup"},
		{"short", good[:31], 0o600, "has 31 bytes", "backup"},
		{"with a line end", append(bytes.Clone(good), '\n'), 0o600, "has 33 bytes", "backup"},
		{"two keys, one cut", append(bytes.Clone(good), good[:9]...), 0o600, "has 41 bytes", "backup"},
		{"of too many keys", bytes.Repeat(good, maxKeys+1), 0o600, "has 2080 bytes", "backup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "key")
			write(t, path, c.content, c.mode)
			_, err := OpenKeyFile(path)
			wantError(t, err, gitops.Invalid, c.what, c.next)
			if after, _ := os.ReadFile(path); !bytes.Equal(after, c.content) {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestADirectoryIsNotAKeyFile(t *testing.T) {
	t.Parallel()
	_, err := OpenKeyFile(t.TempDir())
	wantError(t, err, gitops.Invalid, "is not a file", "path of a key file")
}

func TestADirectoryThatCannotBeMadeIsReported(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil, 0o600)
	_, err := MakeKeyFile(filepath.Join(file, "key"))
	wantError(t, err, gitops.Failed, file, "you may write there")
}

func TestNoRandomNumbersMeansNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	_, err := makeKeyFile(path, strings.NewReader("too short"))
	wantError(t, err, gitops.Failed, "cannot make a key", "")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a key file was made anyway: %v", err)
	}
}

func TestAPrintedKeyFileShowsOnlyTheID(t *testing.T) {
	t.Parallel()
	k := testKey(t, 'k')
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got, want := fmt.Sprintf(verb, k), "key "+k.KeyID(); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
	}
}

func TestOpeningNeverMakesAKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	_, err := OpenKeyFile(path)
	wantError(t, err, gitops.Invalid, "there is no key file "+path, "backup")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("callers cannot tell that it is missing: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a key file was made: %v", err)
	}
}

// open opens a key file, making it when there is none.
func open(t *testing.T, path string) *KeyFile {
	t.Helper()
	k, err := MakeKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func write(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// testKey returns a key that is all one byte.
func testKey(t testing.TB, b byte) *KeyFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, bytes.Repeat([]byte{b}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func wantError(t *testing.T, err error, kind gitops.Kind, what, next string) {
	t.Helper()
	told, ok := err.(*gitops.Error)
	if !ok {
		t.Fatalf("error = %v (%T), want a *gitops.Error", err, err)
	}
	if told.Kind != kind || !strings.Contains(told.Error(), what) || !strings.Contains(told.Next, next) {
		t.Errorf("error = kind %d %q next %q, want kind %d containing %q and %q",
			told.Kind, told.Error(), told.Next, kind, what, next)
	}
}
