package secrets

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2/maybe"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// AddKey puts a new key in front of those of the file, making the file when
// there is none. The old keys stay, to decrypt.
func AddKey(path string) (*KeyFile, error) { return addKey(path, rand.Reader) }

func addKey(path string, random io.Reader) (*KeyFile, error) {
	return change(path, random, func(old []byte) ([]byte, error) {
		if len(old) == maxKeys*keySize {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("the key file %s holds %d keys, and no more fit", path, maxKeys),
				Next: "trunkline secret rotate --forget-old"}
		}
		made := make([]byte, keySize, keySize+len(old))
		if _, err := io.ReadFull(random, made); err != nil {
			return nil, failed("cannot make a key for", path, err)
		}
		return append(made, old...), nil
	})
}

// ForgetKeys removes all keys from the file but those of the IDs. What was
// encrypted with the removed ones cannot be decrypted any more. At least one key
// must stay.
func ForgetKeys(path string, keep []string) (*KeyFile, error) {
	return change(path, rand.Reader, func(old []byte) ([]byte, error) {
		var kept []byte
		for part := range slices.Chunk(old, keySize) {
			if slices.Contains(keep, keyID(part)) {
				kept = append(kept, part...)
			}
		}
		if len(kept) == 0 {
			return nil, gitops.Errorf(gitops.Bug, "no key would be left in %s", path)
		}
		return kept, nil
	})
}

// change replaces the content of the file in one step. Of several processes that
// change it at once, each sees what the one before it wrote.
func change(path string, random io.Reader, edit func(old []byte) ([]byte, error)) (*KeyFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, failed("cannot find the key file", path, err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, failed("cannot make the directory of the key file", path, err)
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, failed("cannot lock the directory of the key file", path, err)
	}
	defer unlock()
	old, err := readKeys(path)
	var told *gitops.Error
	switch {
	case errors.As(err, &told):
		return nil, told
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, failed("cannot read the key file", path, err)
	}
	edited, err := edit(old)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(old, edited) {
		if err := maybe.WriteFile(path, edited, 0o600); err != nil {
			return nil, failed("cannot write the key file", path, err)
		}
		if err := syncDir(dir); err != nil {
			return nil, err
		}
	}
	return newKeyFile(path, edited, random)
}
