package factstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/factstore"
)

func TestWhatWasKeptIsKnownUnderItsNameAlone(t *testing.T) {
	t.Parallel()
	s := factstore.Store{Dir: filepath.Join(t.TempDir(), "facts")}
	key := factstore.Key("tree", "toolchain")
	s.Put(key, map[string]int{"a": 1})
	var got map[string]int
	if !s.Get(key, &got) || got["a"] != 1 {
		t.Errorf("got %v", got)
	}
	if s.Get(factstore.Key("tre", "etoolchain"), &got) || factstore.Key("a", "b") == factstore.Key("ab") {
		t.Error("two names are one")
	}
	info, err := os.Stat(filepath.Join(s.Dir, key))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}

func TestAnEntryThatIsNotWhatWasKeptIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, file, other string) error{
		"cut off":   func(_ *testing.T, file, _ string) error { return os.Truncate(file, 67) },
		"empty":     func(_ *testing.T, file, _ string) error { return os.Truncate(file, 0) },
		"for all":   func(_ *testing.T, file, _ string) error { return os.Chmod(file, 0o666) },
		"another's": func(_ *testing.T, file, other string) error { return os.Rename(other, file) },
		"a link": func(_ *testing.T, file, other string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return os.Symlink(other, file)
		},
		"changed": func(t *testing.T, file, _ string) error {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return os.WriteFile(file, []byte(strings.Replace(string(text), `"one"`, `"two"`, 1)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := factstore.Store{Dir: t.TempDir()}
			key, other := factstore.Key("a"), factstore.Key("b")
			s.Put(key, "one")
			s.Put(other, "other")
			if err := spoil(t, filepath.Join(s.Dir, key), filepath.Join(s.Dir, other)); err != nil {
				t.Fatal(err)
			}
			var got string
			if s.Get(key, &got) {
				t.Errorf("it is believed: %q", got)
			}
			s.Put(key, "one")
			if !s.Get(key, &got) || got != "one" {
				t.Errorf("it stays broken: %q", got)
			}
		})
	}
}

func TestWhatWasNotUsedForLongestGoesFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := factstore.Store{Dir: t.TempDir(), MaxBytes: 400, Now: func() time.Time { return now }}
	old, used, last := factstore.Key("old"), factstore.Key("used"), factstore.Key("last")
	text := strings.Repeat("x", 100)
	for _, key := range []string{old, used} {
		s.Put(key, text)
		past := now.Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(s.Dir, key), past, past); err != nil {
			t.Fatal(err)
		}
	}
	var got string
	if !s.Get(used, &got) {
		t.Fatal("it is gone")
	}
	now = now.Add(time.Minute)
	s.Put(last, text)
	for key, want := range map[string]bool{old: false, used: true, last: true} {
		if s.Get(key, &got) != want {
			t.Errorf("%.8s: known %v, want %v", key, !want, want)
		}
	}
}

func TestAStoreThatCannotBeWrittenKnowsNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := factstore.Store{Dir: filepath.Join(file, "facts")}
	s.Put(factstore.Key("a"), 1)
	var got int
	if s.Get(factstore.Key("a"), &got) {
		t.Error("it is known")
	}
}
