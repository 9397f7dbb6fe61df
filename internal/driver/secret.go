package driver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// SetSecret encrypts a value with the estate's key and writes it to the
// environment's file, as `stack.key`. Comments and layout stay.
func (d *Driver) SetSecret(environment, setting, plaintext string) (path string, err error) {
	stack, key, ok := strings.Cut(setting, ".")
	if !ok || stack == "" || key == "" {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "a secret is named STACK.KEY, not " + setting,
			Next: "trunkline secret set -e " + environment + " STACK.KEY < value.txt"}
	}
	rel := filepath.Join("environments", environment+".yaml")
	path = filepath.Join(d.Root, rel)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", unknown("environment", environment, d.environmentFiles(), "trunkline env ls")
	}
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot read " + filepath.ToSlash(rel), Err: err}
	}
	k, err := d.key()
	if err != nil {
		return "", err
	}
	cipher, err := k.Encrypt(plaintext)
	if err != nil {
		return "", err
	}
	edited, err := environments.SetSecret(data, stack, key, cipher)
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, Where: filepath.ToSlash(rel), Err: err}
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if err := renameio.WriteFile(path, edited, info.Mode().Perm()); err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot write " + filepath.ToSlash(rel), Err: err}
	}
	return rel, nil
}

// environmentFiles lists the names of the work tree's environments by their
// files, well-formed or not.
func (d *Driver) environmentFiles() []string {
	files, _ := filepath.Glob(filepath.Join(d.Root, "environments", "*.yaml"))
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	return files
}
