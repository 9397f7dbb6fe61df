package driver

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// Session is an estate at one revision: its files read, its program built,
// described and, when something is to run, started.
type Session struct {
	d *Driver
	// At is the commit that was asked for, "" for the work tree.
	At string
	// Revision is the commit; zero outside a repository.
	Revision gitops.Revision
	// LeftOut counts the uncommitted files of the work tree, which are not part
	// of At.
	LeftOut int
	// Root is the directory of Pulumi.yaml in the work tree or the checkout; Top
	// is the top of that tree, and Dir the way from Top to Root, with slashes.
	Root, Top, Dir string
	Project        *workspace.Project
	// Environments are in promotion order. Broken files are left out when one
	// environment is asked for, and not theirs.
	Environments []*environments.Environment
	// Plugins are the provider plugins that the tree has locked.
	Plugins pluginlock.Lock
	Estate  describe.Description
	Binary  program.Binary
	Timings Timings

	// repo is the repository, nil outside of one.
	repo *checkout.Repo
	// commit is the commit of the files, which Revision stands for.
	commit gitops.Revision
	// as is that of OpenOptions.
	as gitops.Revision
	// by is who started what runs.
	by Starter
	// only names the environments that were asked for; empty means all.
	only []string
	// broken is why the program could not be built and described; such a session
	// has the files of a revision only.
	broken error
	// leftOut is what is wrong with the files that were left out.
	leftOut error

	mu      sync.Mutex
	process *program.Process
	closer  []func() error
}

// OpenOptions says which revision, and how far to go.
type OpenOptions struct {
	// At is a commit; "" means the work tree.
	At string
	// As is the revision that it stands for; the zero value means itself. It is for
	// a commit that was made only to be looked at, such as a merge.
	As gitops.Revision
	// Run starts the program, for previews and updates. By is who does so.
	Run bool
	By  Starter
	// Unchecked leaves settings that do not fit their types to the caller.
	Unchecked bool
	// Only names the environments that it is about; empty means all. What is wrong
	// with the files of others is then a warning.
	Only []string
	// Select, when set, is checked before anything is built: what it names must
	// exist.
	Select *Selection
}

// step is one stage of opening a session.
type step func(*Session, context.Context) error

// Open opens the estate. The caller closes the session.
func (d *Driver) Open(ctx context.Context, o OpenOptions) (*Session, error) {
	s := &Session{d: d, At: o.At, Root: d.Root, Top: d.Root, only: o.Only, as: o.As, by: o.By}
	steps := []step{
		(*Session).findRevision,     // Revision is known, Root is a clean tree of it
		(*Session).readProject,      // Project is that of the tree
		(*Session).readEnvironments, // every file is well-formed
		(*Session).readPlugins,      // Plugins is plugins.lock
		func(s *Session, _ context.Context) error { return s.mayPick(o.Select) }, // what is asked for exists
		func(s *Session, _ context.Context) error { return s.mayRun(o) },         // and its provider is here
		(*Session).build,    // Binary is the program of exactly these files
		(*Session).describe, // Estate lists stacks, needs and settings
	}
	if !o.Unchecked {
		steps = append(steps, (*Session).check) // every setting fits the type that asks for it
	}
	if o.Run {
		steps = append(steps, (*Session).start) // the program serves
	}
	for _, st := range steps {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(&gitops.Error{Kind: gitops.Cancelled, What: "stopped before anything ran", Err: err}, s.Close())
		}
		if err := st(s, ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// OpenFiles reads an estate's environment files without building anything. only
// is that of OpenOptions.
func (d *Driver) OpenFiles(ctx context.Context, only ...string) (*Session, error) {
	s := &Session{d: d, Root: d.Root, Top: d.Root, only: only}
	if err := s.readProject(ctx); err != nil {
		return nil, err
	}
	if err := s.readEnvironments(ctx); err != nil {
		return nil, err
	}
	return s, s.readPlugins(ctx)
}

// Close stops the program and removes the checkout.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for i := len(s.closer) - 1; i >= 0; i-- {
		errs = append(errs, s.closer[i]())
	}
	s.closer = nil
	return errors.Join(errs...)
}

func (s *Session) atClose(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closer = append(s.closer, f)
}

func (s *Session) findRevision(ctx context.Context) error {
	repo, err := s.d.repository(ctx)
	if err != nil {
		if s.At != "" {
			return err
		}
		return nil // an estate outside git can be previewed, not named by commit
	}
	rel, err := filepath.Rel(repo.Root, s.d.Root)
	if err != nil {
		return err
	}
	s.repo, s.Top, s.Dir = repo, repo.Root, filepath.ToSlash(rel)
	if s.At == "" {
		s.Revision, err = repo.Head(ctx)
		s.commit = s.Revision
		if gitops.KindOf(err) == gitops.NotFound {
			return nil // no commit yet
		}
		return err
	}
	if s.as.SHA == "" { // a delivery is about commits alone
		if files, err := repo.DirtyFiles(ctx); err == nil {
			s.LeftOut = len(files)
		}
	}
	rev, err := repo.Resolve(ctx, s.At)
	if err != nil {
		return err
	}
	at := s.At
	if at == rev.SHA {
		at = rev.Short()
	}
	end := s.d.phase("checking out " + at)
	tree, err := repo.At(ctx, rev)
	if err != nil {
		return err
	}
	s.atClose(tree.Close)
	s.Timings.Checkout = end()
	s.Revision, s.commit = rev, rev
	if s.as.SHA != "" {
		s.Revision = s.as
	}
	s.Top, s.Root = tree.Root, tree.Dir
	if _, err := os.Stat(filepath.Join(s.Root, "Pulumi.yaml")); err != nil {
		return gitops.Errorf(gitops.NotFound, "commit %s has no estate in %s", s.Revision.Short(), s.Dir)
	}
	return nil
}

// repository is the one that the estate lies in.
func (d *Driver) repository(ctx context.Context) (*checkout.Repo, error) {
	return checkout.Open(ctx, d.Root, checkout.Options{Store: d.opts.Store})
}

func (s *Session) readProject(context.Context) (err error) {
	if s.Project, err = loadProject(s.Root); err == nil && s.d.Project == "" {
		s.d.Project = string(s.Project.Name)
		s.d.report(gitops.Progress{Note: "the Pulumi.yaml of the work tree is broken; that of " + s.Revision.Short() + " is used"})
	}
	return err
}

func (s *Session) readEnvironments(context.Context) error {
	envs, err := environments.Load(os.DirFS(s.Root), "environments")
	var wrong *settings.Error
	if err != nil && (len(s.only) != 1 || // several have an order, in which the broken one may stand between them
		!errors.As(err, &wrong) || slices.ContainsFunc(wrong.Problems, s.asked)) {
		return &gitops.Error{Kind: gitops.Invalid, Err: err, Next: "mend the file, then: trunkline validate"}
	}
	if err != nil {
		s.leftOut = err
		s.warn(wrong.Problems)
	}
	s.Environments = envs
	return nil
}

func (s *Session) readPlugins(context.Context) (err error) {
	s.Plugins, err = readLock(s.Root)
	return err
}

// asked tells whether a problem is about the file of an environment that was
// asked for.
func (s *Session) asked(p settings.Problem) bool {
	return len(s.only) == 0 || slices.Contains(s.only, strings.TrimSuffix(path.Base(p.Pos.File), ".yaml"))
}

// warn tells of what is wrong with the files of environments that were not asked
// for, one problem for each file.
func (s *Session) warn(problems []settings.Problem) {
	told := map[string]bool{}
	for _, p := range problems {
		if !told[p.Pos.File] {
			s.d.report(gitops.Progress{Note: p.Pos.File + " is broken, which does not matter here; trunkline validate says all of it: " + p.String()})
		}
		told[p.Pos.File] = true
	}
}

func (s *Session) build(ctx context.Context) error {
	src := s.source()
	end := s.d.phase("building " + strings.TrimPrefix(src.Package, "./"))
	bin, err := s.d.builder.Build(ctx, src)
	if err != nil {
		return err
	}
	s.Binary = bin
	s.Timings.Build = end()
	return nil
}

// source is where the program is.
func (s *Session) source() program.Source {
	dir := s.Project.Main
	if dir == "" {
		dir = programDir
	}
	return program.Source{Root: s.Top, Dir: s.Dir, Package: "./" + path.Clean(dir)}
}

func (s *Session) describe(ctx context.Context) error {
	desc, err := program.Describe(ctx, s.Binary)
	if err != nil {
		return err
	}
	for i, st := range desc.Stacks {
		dir := path.Join(s.Binary.ModuleDir, strings.TrimPrefix(strings.TrimPrefix(st.Package, desc.Module), "/"))
		desc.Stacks[i].Settings = settings.Locate(st.Settings, os.DirFS(s.Top), dir)
	}
	s.Estate = desc
	return nil
}

func (s *Session) start(ctx context.Context) error {
	end := s.d.phase("starting the program")
	p, err := program.Start(ctx, s.Binary, program.StartOptions{Dir: s.Root, Stderr: s.d.opts.Log})
	if err != nil {
		return err
	}
	s.process = p
	s.atClose(p.Close)
	s.Timings.Start = end()
	return nil
}

// Environment returns the environment of that name.
func (s *Session) Environment(name string) (*environments.Environment, error) {
	var names []string
	for _, e := range s.Environments {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, unknown("environment", name, names, "trunkline env ls")
}

// Definition returns the stack definition of that name.
func (s *Session) Definition(name string) (describe.Stack, error) {
	def, ok := s.Estate.Stack(name)
	if !ok {
		return def, unknown("stack", name, s.Estate.Names(), "trunkline stack ls")
	}
	return def, nil
}
