package checkout

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// store is a private bare repository that commits are fetched into. It borrows
// the objects of the clone that it stands next to, has its own list of where
// history ends, and nothing of the clone's configuration.
type store struct {
	dir string
	git git
}

// Bare returns a repository for a job that has no clone: everything is fetched.
// prefix is the directory of the estate in it, with slashes; "" is the top.
// There is no work tree, so what comes first is Fetch, and what works is what
// works on fetched commits. The caller closes it.
func Bare(prefix string, opts Options) (*Repo, error) {
	if prefix != "" {
		if err := checkPath(prefix); err != nil {
			return nil, gitops.Errorf(gitops.Invalid, "%w", err)
		}
	}
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	g, err := newGit(os.TempDir(), opts.Environ)
	if err != nil {
		return nil, err
	}
	return &Repo{Prefix: prefix, git: g, opts: opts}, nil
}

// Close removes what Fetch has fetched; the repository is of no use after it.
// Further calls do nothing.
func (r *Repo) Close() error {
	s := r.store
	if s == nil {
		return nil
	}
	r.store, r.Store = nil, ""
	return removeAll(s.dir)
}

// adopt lets r see what is in the store.
func (r *Repo) adopt(s *store) {
	r.store, r.Store = s, s.dir
	if r.Root == "" { // there is nothing else to see
		r.git.dir, r.git.more = s.dir, s.git.more
		return
	}
	r.git.env = slices.Concat(r.git.env, seeStore(s.dir))
}

// seeStore lets git commands see the objects of a store and the history that is
// known with them.
func seeStore(dir string) []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quotePath(filepath.Join(dir, "objects")),
		"GIT_SHALLOW_FILE=" + filepath.Join(dir, "shallow"),
	}
}

// quotePath writes a path as Git's lists of object directories want it when it
// may have colons or line breaks in it.
func quotePath(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}

// makeStore gives r its private repository when it has none. sha is a commit that
// will be in it; it may be "".
func (r *Repo) makeStore(ctx context.Context, sha string) error {
	if r.store != nil {
		return nil
	}
	s, err := r.newStore(ctx, len(sha))
	if err == nil {
		r.adopt(s)
	}
	return err
}

// newStore makes the store, for names of objects as long as the clone's, or as
// said without one. A clone that lacks contents (git clone --filter)
// lends nothing: what is missing in it could not be told from what is there.
func (r *Repo) newStore(ctx context.Context, length int) (_ *store, err error) {
	dir, err := os.MkdirTemp(r.opts.TempDir, "trunkline-git-")
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "cannot make a directory to fetch into: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeAll(dir))
		}
	}()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, gitops.Errorf(gitops.Failed, "%w", err)
	}
	format := map[bool]string{true: "sha256", false: "sha1"}[length == 64]
	if out, err := r.git.run(ctx, nil, "rev-parse", "--show-object-format"); err == nil && r.Root != "" {
		format = strings.TrimSpace(string(out))
	}
	g := r.git
	g.dir, g.more = dir, nil
	if _, err := g.run(ctx, nil, "init", "--quiet", "--bare", "--template=", "--object-format="+format, "--initial-branch=none", dir); err != nil {
		return nil, gitops.Errorf(gitops.KindOf(err), "cannot make a repository to fetch into: %w", err)
	}
	g.more = []string{"--git-dir=" + dir}
	s := &store{dir: dir, git: g}
	if r.Root == "" || r.isPartial(ctx) {
		return s, nil
	}
	return s, r.lend(ctx, s)
}

// isPartial tells whether the clone was made with a filter.
func (r *Repo) isPartial(ctx context.Context) bool {
	out, err := r.git.run(ctx, nil, "config", "--local", "--get-regexp", `^(extensions\.partialclone|remote\..*\.promisor)$`)
	return err == nil && len(out) > 0
}

// lend lets a store see the objects of the clone, and gives it a copy of the
// list of where the clone's history ends.
func (r *Repo) lend(ctx context.Context, s *store) error {
	out, err := r.git.run(ctx, nil, "rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "shallow")
	objects, shallow, ok := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if err != nil || !ok {
		return gitops.Errorf(gitops.Failed, "cannot find the objects of the repository: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "objects", "info", "alternates"), []byte(quotePath(objects)+"\n"), 0o600); err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	ends, err := os.ReadFile(shallow)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "shallow"), ends, 0o600)
	}
	if err != nil {
		return gitops.Errorf(gitops.Failed, "cannot read where the history of the clone ends: %w", err)
	}
	return nil
}

// lent tells whether the store sees the objects of a clone.
func (s *store) lent() bool {
	_, err := os.Stat(filepath.Join(s.dir, "objects", "info", "alternates"))
	return err == nil
}

// isShallow tells whether history ends early somewhere.
func (s *store) isShallow() bool {
	info, err := os.Stat(filepath.Join(s.dir, "shallow"))
	return err == nil && info.Size() > 0
}

// size is how many bytes the store itself takes.
func (s *store) size() (n int64) {
	// Files come and go while git works; what cannot be read is not counted.
	_ = filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
