// Package secrets encrypts values with the keys of one installation, which are
// kept in a file that only its owner can read.
package secrets

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keySize is the length of one AES-256 key. A key file is one or more keys, the
// newest first, and nothing else.
const keySize = 32

// maxKeys is how many keys a file may hold.
const maxKeys = 64

// KeyFile encrypts with the newest key of a file and decrypts with any of them.
// It is safe for concurrent use and prints as the ID of its key, never as the
// key.
type KeyFile struct {
	path string
	// keys has the one that encrypts first.
	keys   []key
	random io.Reader
}

type key struct {
	id   string
	aead cipher.AEAD
}

// OpenKeyFile reads the key file.
//
// The error is of kind Invalid when there is none (and then fs.ErrNotExist too),
// when others than its owner can use it, and when it is damaged; of kind Failed
// when it cannot be read.
func OpenKeyFile(path string) (*KeyFile, error) { return openKeyFile(path, rand.Reader) }

// MakeKeyFile reads the key file, and makes it first when there is none: 32
// random bytes that only the owner can read. Of several processes that make it
// at once, one wins and all use its key. Errors are those of OpenKeyFile, and of
// kind Failed when the file cannot be made.
func MakeKeyFile(path string) (*KeyFile, error) { return makeKeyFile(path, rand.Reader) }

func makeKeyFile(path string, random io.Reader) (*KeyFile, error) {
	k, err := openKeyFile(path, random)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, failed("cannot find the key file", path, err)
	}
	if err := createKey(path, random); err != nil {
		return nil, err
	}
	return openKeyFile(path, random)
}

func openKeyFile(path string, random io.Reader) (*KeyFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, failed("cannot find the key file", path, err)
	}
	raw, err := readKeys(path)
	var told *gitops.Error
	switch {
	case errors.As(err, &told):
		return nil, told
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing(path)
	case err != nil:
		return nil, failed("cannot read the key file", path, err)
	}
	return newKeyFile(path, raw, random)
}

// newKeyFile takes the content of a file, whose length is right.
func newKeyFile(path string, raw []byte, random io.Reader) (*KeyFile, error) {
	f := &KeyFile{path: path, random: random}
	for part := range slices.Chunk(raw, keySize) {
		block, err := aes.NewCipher(part)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		f.keys = append(f.keys, key{id: keyID(part), aead: aead})
	}
	return f, nil
}

func keyID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// KeyID names the key that encrypts without telling it: the first 8 bytes of its
// SHA-256 in hexadecimal digits.
func (k *KeyFile) KeyID() string { return k.keys[0].id }

// KeyIDs names all keys, the one that encrypts first.
func (k *KeyFile) KeyIDs() []string {
	ids := make([]string, len(k.keys))
	for i, one := range k.keys {
		ids[i] = one.id
	}
	return ids
}

// With returns the same keys, of which the one of that ID encrypts. The error is
// of kind Invalid when the file does not hold it.
func (k *KeyFile) With(id string) (*KeyFile, error) {
	i := slices.IndexFunc(k.keys, func(one key) bool { return one.id == id })
	if i < 0 {
		return nil, k.lacks(id, "the secrets of the state were")
	}
	keys := slices.Concat(k.keys[i:i+1], k.keys[:i], k.keys[i+1:])
	return &KeyFile{path: k.path, keys: keys, random: k.random}, nil
}

// lacks is the error for what another key encrypted.
func (k *KeyFile) lacks(id, what string) error {
	return &gitops.Error{
		Kind: gitops.Invalid,
		What: fmt.Sprintf("%s encrypted with key %s, but %s holds key %s", what, id, k.path, strings.Join(k.KeyIDs(), ", ")),
		Next: fmt.Sprintf("put the key file with key %s there, from your backup or from who encrypted it; for a single value: trunkline secret set", id),
	}
}

// Path is the absolute path of the file.
func (k *KeyFile) Path() string { return k.path }

// Format prints the key's ID whatever the verb, so that no log shows the key.
func (k *KeyFile) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "key %s", k.KeyID()) }

// readKeys returns the keys of the file. Its errors are fs.ErrNotExist, a
// gitops.Error for a file that must not be used, or what the system says.
func readKeys(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("the key file %s may not be read", path), Err: err,
			Next: fmt.Sprintf("run this as the owner of the file, or: chown \"$USER\" '%s' && chmod 600 '%s'", path, path)}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkFile(path, info); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxKeys*keySize+1))
	if err != nil {
		return nil, err
	}
	if size := info.Size(); len(raw) == 0 || len(raw)%keySize != 0 || len(raw) > maxKeys*keySize || int64(len(raw)) != size {
		return nil, &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("the key file %s has %d bytes, which is not one or more keys of %d: it is damaged or not a key file", path, size, keySize),
			Next: "put the right key file there from your backup; if nothing was ever encrypted with it, delete it and a new one is made",
		}
	}
	return raw, nil
}

// checkFile refuses what is not a private file.
func checkFile(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("the key file %s is not a file", path),
			Next: "give the path of a key file",
		}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("the key file %s can be used by others (its mode is %04o)", path, info.Mode().Perm()),
			Next: fmt.Sprintf("chmod 600 '%s'", path),
		}
	}
	return nil
}

// createKey makes the file in one step: a finished temporary file gets the
// name by a hard link, which fails when the name is taken. That another process
// was faster is not an error.
func createKey(path string, random io.Reader) error {
	var key [keySize]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return failed("cannot make a key for", path, err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("cannot make the directory of the key file", path, err)
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return failed("cannot lock the directory of the key file", path, err)
	}
	defer unlock()
	tmp, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return failed("cannot make the key file", path, err)
	}
	defer os.Remove(tmp.Name())
	_, err = io.Copy(tmp, bytes.NewReader(key[:]))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Link(tmp.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return failed("cannot make the key file", path, err)
	}
	return syncDir(dir)
}

// syncDir makes a new name in the directory survive a power cut, where the
// system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return failed("cannot save the directory of the key file", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return failed("cannot save the directory of the key file", dir, err)
	}
	return nil
}

func missing(path string) error {
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("there is no key file %s", path), Err: fs.ErrNotExist,
		Next: "put the key file there from your backup or from who made it"}
}

func failed(what, path string, err error) error {
	return &gitops.Error{
		Kind: gitops.Failed,
		What: what + " " + path,
		Err:  err,
		Next: "check that the directory exists on a disk with free space and that you may write there",
	}
}
