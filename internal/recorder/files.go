package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"

	"github.com/trunkline-dev/trunkline/internal/record"
)

// files digests the files that a program hands on. The program only names them,
// so nothing outside of the checkout is read, no link is followed out of it, and
// nothing is read that is no plain file.
type files struct {
	root string
	dir  *os.Root // nil when the checkout cannot be opened

	mu   sync.Mutex
	left int64 // how many bytes may still be read
}

// mostRead is how many bytes of files one stack may hand on.
const mostRead = 1 << 30

func openFiles(root string) *files {
	dir, err := os.OpenRoot(root)
	if err != nil {
		dir = nil
	}
	return &files{root: root, dir: dir, left: mostRead}
}

func (f *files) close() {
	if f.dir != nil {
		_ = f.dir.Close() // it was only read
	}
}

// asset returns a text that is equal for equal contents.
func (f *files) asset(a *asset.Asset) any {
	switch {
	case a.IsPath():
		return f.named("file ", a.Path)
	case a.IsURI():
		return "asset " + a.URI
	}
	return "asset sha256:" + sum([]byte(a.Text))
}

// archive is asset for an archive.
func (f *files) archive(a *archive.Archive) any {
	switch {
	case a.IsPath():
		return f.named("files ", a.Path)
	case a.IsURI():
		return "archive " + a.URI
	}
	members, _ := a.GetAssets()
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch v := members[name].(type) {
		case *asset.Asset:
			out[name] = f.asset(v)
		case *archive.Archive:
			out[name] = f.archive(v)
		}
	}
	return out
}

// named digests a file or a directory of the checkout.
func (f *files) named(what, path string) any {
	f.mu.Lock()
	defer f.mu.Unlock()
	rel := path
	if filepath.IsAbs(path) {
		var err error
		if rel, err = filepath.Rel(f.root, path); err != nil {
			return record.Unknown{}
		}
	}
	if f.dir == nil || !filepath.IsLocal(rel) {
		return record.Unknown{}
	}
	h := sha256.New()
	err := fs.WalkDir(f.dir.FS(), filepath.ToSlash(filepath.Clean(rel)), func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%q %v %d\n", name, info.Mode()&0o111, info.Size())
		return f.read(h, name)
	})
	if err != nil {
		return record.Unknown{}
	}
	return what + filepath.ToSlash(filepath.Clean(rel)) + " sha256:" + hex.EncodeToString(h.Sum(nil))[:16]
}

var errNoFile = errors.New("it is no plain file, or too much")

func (f *files) read(h io.Writer, name string) error {
	info, err := f.dir.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > f.left {
		return errNoFile
	}
	file, err := f.dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	n, err := io.Copy(h, io.LimitReader(file, f.left))
	f.left -= n
	return err
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])[:16]
}
