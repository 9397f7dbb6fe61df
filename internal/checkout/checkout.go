// Package checkout reads a Git repository through the git command and makes
// clean trees of its commits.
//
// A repository is material from outside. No hook, filter, file system monitor,
// submodule or configuration of it, of the user or of the machine takes part,
// and nothing in it is written. What is fetched from a forge goes into a private
// repository next to it.
package checkout

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Options chooses what Open works with. The zero value is right for a command
// of a user.
type Options struct {
	// Environ is the environment to take PATH and HOME from; nil means that of
	// the process.
	Environ []string
	// TempDir holds the trees that At makes; "" means the system's.
	TempDir string
	// MaxFiles and MaxBytes bound one tree; 0 means 200,000 files and 2 GiB.
	MaxFiles int
	MaxBytes int64
	// MaxPack bounds what Fetch may bring, in bytes; 0 means 4 GiB.
	MaxPack int64
	// Store is the Store of another Repo of the same clone, whose commits are to be
	// seen as well.
	Store string
}

// Repo is a repository with a work tree.
type Repo struct {
	// Root is the top of the work tree, absolute and without symbolic links.
	Root string
	// Prefix is the opened directory within Root, with slashes; "" is Root.
	Prefix string
	// Store is the directory that Fetch has fetched into; "" before it.
	Store string

	git   git
	opts  Options
	store *store // what Fetch has made and Close removes
}

// Open finds the repository that dir lies in. No git command and no repository
// are errors of kind Invalid.
func Open(ctx context.Context, dir string, opts Options) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot open the repository: %w", err)
	}
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	g, err := newGit(dir, opts.Environ)
	if err != nil {
		return nil, err
	}
	out, err := g.find(ctx)
	if err != nil {
		return nil, notRepository(dir, err)
	}
	root, prefix, _ := strings.Cut(strings.TrimSuffix(out, "\n"), "\n")
	if root, err = filepath.EvalSymlinks(filepath.FromSlash(root)); err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot open the repository: %w", err)
	}
	g.dir = root
	r := &Repo{Root: root, Prefix: strings.TrimSuffix(prefix, "/"), Store: opts.Store, git: g, opts: opts}
	if opts.Store != "" {
		r.git.env = append(slices.Clone(r.git.env), seeStore(opts.Store)...)
	}
	return r, nil
}

// notRepository turns git's refusal into what the user can do about it.
func notRepository(dir string, err error) error {
	text := err.Error()
	switch {
	case gitops.KindOf(err) == gitops.Cancelled, gitops.KindOf(err) == gitops.Timeout:
		return err
	case strings.Contains(text, "dubious ownership"):
		return &gitops.Error{
			Kind: gitops.Invalid, What: "the repository at " + dir + " belongs to another user",
			Next: "git config --global --add safe.directory " + dir,
		}
	case strings.Contains(text, "must be run in a work tree"):
		return &gitops.Error{
			Kind: gitops.Invalid, What: dir + " is a bare repository, which has no files to work on",
			Next: "git clone it and work in the clone",
		}
	case strings.Contains(text, "not a git repository"):
		return &gitops.Error{
			Kind: gitops.Invalid, What: dir + " is not in a Git repository",
			Next: "go to the repository of your estate, or make one with: git init && git add -A && git commit",
		}
	}
	return &gitops.Error{Kind: gitops.Invalid, What: "cannot open the repository at " + dir, Err: err}
}
