// Package factstore keeps what was found out about commits, in a directory of
// the user, by names that say all that it was found out from.
//
// An entry is derived from its name alone, so it never changes, and what one
// commit says can only stand under the name of that commit.
package factstore

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

const (
	defaultMaxBytes = 256 << 20
	maxEntry        = 64 << 20 // bytes
)

// Store keeps facts. It is safe for concurrent use, also by other processes.
type Store struct {
	// Dir holds the entries; "" means trunkline/facts in the user's cache directory.
	Dir string
	// MaxBytes bounds them, least recently used first; 0 means 256 MiB.
	MaxBytes int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Key names an entry by everything that it is derived from. The parts cannot run
// into each other.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Get reads an entry. One that is not there, is damaged, or that others may have
// written is not known.
func (s Store) Get(key string, into any) (known bool) {
	dir, err := s.dir()
	if err != nil {
		return false
	}
	file := filepath.Join(dir, key)
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || !private(info) || info.Size() > maxEntry {
		return false
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	sum, value, ok := bytes.Cut(content, []byte("\n"))
	if !ok || string(sum) != seal(key, value) || json.Unmarshal(value, into) != nil {
		return false
	}
	now := s.now()
	_ = os.Chtimes(file, now, now) // costs only its place in the line
	return true
}

// Put keeps an entry. It appears whole or not at all. That it cannot be kept
// costs only time.
func (s Store) Put(key string, value any) {
	content, err := json.Marshal(value)
	dir, dirErr := s.dir()
	if err != nil || dirErr != nil || len(content) > maxEntry || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	if write(filepath.Join(dir, key), slices.Concat([]byte(seal(key, content)+"\n"), content)) == nil {
		s.prune(dir, key)
	}
}

// write replaces a file and its permissions at once.
func write(file string, text []byte) error {
	pending, err := renameio.NewPendingFile(file, renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer pending.Cleanup() // nothing is left to clean once it is in place
	if _, err := pending.Write(text); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// private tells whether only the user can write a file. On Windows its directory
// decides that.
func private(info fs.FileInfo) bool { return runtime.GOOS == "windows" || info.Mode().Perm() == 0o600 }

// seal ties a value to its key.
func seal(key string, value []byte) string { return Key(key, string(value)) }

// prune removes the entries that were not used for longest, until the rest fits.
func (s Store) prune(dir, keep string) {
	most := s.MaxBytes
	if most <= 0 {
		most = defaultMaxBytes
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var all []fs.FileInfo
	for _, e := range found {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	var total int64
	for _, info := range all {
		if total += info.Size(); total > most && info.Name() != keep {
			_ = os.Remove(filepath.Join(dir, info.Name())) // the next one tries again
		}
	}
}

func (s Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s Store) dir() (string, error) {
	if s.Dir != "" {
		return s.Dir, nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "trunkline", "facts"), err
}
