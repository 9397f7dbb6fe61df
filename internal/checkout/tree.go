package checkout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	defaultMaxFiles = 200_000
	defaultMaxBytes = 2 << 30
)

// Tree is the files of one commit in a private directory. The files are
// read-only and exactly as committed: no filter, no line ending conversion, no
// large file storage. Submodules are empty directories.
type Tree struct {
	// Root is the absolute path of the top directory.
	Root string
	// Dir is the directory in Root that corresponds to the one the repository
	// was opened at.
	Dir string
	// Revision is the commit.
	Revision gitops.Revision

	close func() error
}

// Close removes the tree. Further calls do nothing.
func (t *Tree) Close() error { return t.close() }

// At makes the tree of a commit. The work tree, the index and the list of work
// trees stay as they are. A symbolic link that leads out of the tree is an
// error of kind Invalid; so is a tree beyond the bounds of Options.
func (r *Repo) At(ctx context.Context, rev gitops.Revision) (_ *Tree, err error) {
	if err := checkObjects(rev.SHA); err != nil {
		return nil, err
	}
	entries, err := r.list(ctx, rev)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.opts.TempDir, "trunkline-tree-")
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "cannot make a directory for the files of %s: %w", rev.Short(), err)
	}
	remove := sync.OnceValue(func() error { return removeAll(dir) })
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, gitops.Errorf(gitops.Failed, "%w", err)
	}
	if err := r.fill(ctx, dir, entries); err != nil {
		return nil, err
	}
	rev.Dirty = false
	tree := &Tree{Root: dir, Dir: filepath.Join(dir, filepath.FromSlash(r.Prefix)), Revision: rev, close: remove}
	if info, statErr := os.Stat(tree.Dir); statErr != nil || !info.IsDir() {
		return nil, gitops.Errorf(gitops.NotFound, "commit %s has no directory %s", rev.Short(), r.Prefix)
	}
	return tree, nil
}

// removeAll removes a directory even when parts of it cannot be written.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	// Whatever cannot be opened here is reported by the second removal.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("cannot remove the temporary files in %s: %w", dir, err)
	}
	return nil
}
