// Package small puts three small stacks in the place of those of the reference
// estate, so that stories are short and do not change when it grows. The tour of
// the README and the demo run the reference estate itself.
package small

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

//go:embed all:testdata
var files embed.FS

// Write makes the estate in dir, which `trunkline init` wrote, a small one without
// policies. module is its module path.
func Write(dir, module string) error {
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "stacks")), os.RemoveAll(filepath.Join(dir, "policies"))); err != nil {
		return err
	}
	return fs.WalkDir(files, "testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, "testdata")))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, bytes.ReplaceAll(text, []byte(scaffold.Home), []byte(module)), 0o644)
	})
}
