// Package secrets encrypts values with the key of one installation, which is
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

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keySize is the length of a key file in bytes: one AES-256 key and nothing
// else.
const keySize = 32

// KeyFile encrypts and decrypts with the key of one file. It is safe for
// concurrent use and prints as its ID, never as its key.
type KeyFile struct {
	path   string
	id     string
	aead   cipher.AEAD
	random io.Reader
}

// OpenKeyFile reads the key file, and makes it first when there is none: 32
// random bytes that only the owner can read. Of several processes that make it
// at once, one wins and all use its key.
//
// A key file that others can read, or of another length, is refused with an
// error of kind Invalid; one that cannot be read or made is of kind Failed.
func OpenKeyFile(path string) (*KeyFile, error) {
	return openKeyFile(path, rand.Reader)
}

func openKeyFile(path string, random io.Reader) (*KeyFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, failed("cannot find the key file", path, err)
	}
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKey(path, random); err == nil {
			key, err = readKey(path)
		}
	}
	var told *gitops.Error
	switch {
	case errors.As(err, &told):
		return nil, told
	case err != nil:
		return nil, failed("cannot read the key file", path, err)
	}
	return newKeyFile(path, key, random)
}

func newKeyFile(path string, key []byte, random io.Reader) (*KeyFile, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(key)
	return &KeyFile{path: path, id: hex.EncodeToString(sum[:8]), aead: aead, random: random}, nil
}

// KeyID names the key without telling it: the first 8 bytes of its SHA-256 in
// hexadecimal digits.
func (k *KeyFile) KeyID() string { return k.id }

// Path is the absolute path of the file.
func (k *KeyFile) Path() string { return k.path }

// Format prints the key's ID whatever the verb, so that no log shows the key.
func (k *KeyFile) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "key %s", k.id) }

// readKey returns the key of the file. Its errors are fs.ErrNotExist, a
// gitops.Error for a file that must not be used, or what the system says.
func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
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
	key, err := io.ReadAll(io.LimitReader(f, keySize+1))
	if err != nil {
		return nil, err
	}
	if len(key) != keySize || info.Size() != keySize {
		return nil, &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("the key file %s has %d bytes instead of %d: it is damaged or not a key file", path, info.Size(), keySize),
			Next: "put the right key file there from your backup; if nothing was ever encrypted with it, delete it and a new one is made",
		}
	}
	return key, nil
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

func failed(what, path string, err error) error {
	return &gitops.Error{
		Kind: gitops.Failed,
		What: what + " " + path,
		Err:  err,
		Next: "check that the directory exists on a disk with free space and that you may write there",
	}
}
