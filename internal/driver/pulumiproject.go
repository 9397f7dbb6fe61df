package driver

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"golang.org/x/mod/modfile"

	"github.com/trunkline-dev/trunkline/internal/frompulumi"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// pulumiSource is a project's directory while it is read.
type pulumiSource struct {
	*carryOver
	dir     string
	project *workspace.Project
	file    string // Pulumi.yaml, as it is called
}

// openProject finds a project in a directory.
func (c *carryOver) openProject(dir string) (*pulumiSource, error) {
	src := &pulumiSource{carryOver: c}
	var err error
	if src.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, &gitops.Error{Kind: gitops.NotFound, What: "cannot open the Pulumi project", Err: err, Next: "give the directory of its Pulumi.yaml"}
	}
	file, err := workspace.DetectProjectPathFrom(src.dir)
	if err != nil || filepath.Dir(file) != src.dir {
		return nil, &gitops.Error{Kind: gitops.NotFound, What: "there is no Pulumi.yaml in " + dir, Next: "give the directory of the project"}
	}
	src.file = filepath.Base(file)
	if src.project, err = workspace.LoadProject(file); err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, Where: src.file, What: "cannot read the project", Err: err}
	}
	if name := src.project.Runtime.Name(); name != "go" {
		return nil, &gitops.Error{Kind: gitops.Invalid, Where: src.file, What: "the project is written for " + name, Next: "only projects in Go are carried over"}
	}
	return src, nil
}

// readProject reads a project's directory and the states of its stacks.
func (c *carryOver) readProject(ctx context.Context, dir string) (frompulumi.Project, error) {
	src, err := c.openProject(dir)
	if err != nil {
		return frompulumi.Project{}, err
	}
	out := frompulumi.Project{Name: string(src.project.Name), Dir: filepath.ToSlash(src.dir),
		Program: frompulumi.Program{Main: path.Clean(filepath.ToSlash(src.project.Main)), Files: map[string][]byte{}}}
	if src.project.Description != nil {
		out.Description = *src.project.Description
	}
	src.lookAt()
	if err := src.readFiles(out.Files); err != nil {
		return out, err
	}
	if out.Module = modfile.ModulePath(out.Files["go.mod"]); out.Module == "" {
		return out, &gitops.Error{Kind: gitops.Invalid, What: "there is no go.mod in " + dir,
			Next: "only a project that is a Go module of its own is carried over: go mod init, if it is part of another one"}
	}
	names, err := src.stackNames()
	if err != nil {
		return out, err
	}
	for _, name := range names {
		st, err := src.readStack(ctx, name)
		if err != nil {
			return out, err
		}
		out.Stacks = append(out.Stacks, st)
	}
	return out, nil
}

func (s *pulumiSource) find(f frompulumi.Finding) {
	f.File = path.Join(filepath.ToSlash(s.dir), f.File)
	s.result.Findings = append(s.result.Findings, f)
}

// lookAt finds what of Pulumi.yaml an estate does not have.
func (s *pulumiSource) lookAt() {
	p := s.project
	for _, part := range []struct {
		there      bool
		what, next string
	}{
		{p.Plugins != nil, "plugins: is not carried over", "trunkline plugin lock takes a plugin from a directory or file"},
		{p.Options != nil, "options: is not carried over", "trunkline up --refresh reads the cloud first"},
		{len(p.Packages) > 0, "packages: is not carried over", "the Go SDK of a package belongs into go.mod"},
	} {
		if part.there {
			s.find(frompulumi.Finding{File: s.file, What: part.what, Next: part.next})
		}
	}
}

// leftBehind are directories that are no part of a project.
var leftBehind = []string{".git", ".pulumi", ".trunkline", "vendor", "node_modules"}

// readFiles reads what goes along: all but Pulumi's own files, and what lies in
// the estate that is being made or in the backend.
func (s *pulumiSource) readFiles(into map[string][]byte) error {
	target, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(s.dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.dir, at)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case e.IsDir() && (slices.Contains(leftBehind, e.Name()) || at == target && at != s.dir || isBackend(at)):
			return fs.SkipDir
		case e.IsDir() || !strings.Contains(rel, "/") && strings.HasPrefix(rel, "Pulumi.") || s.isExport(at):
			return nil
		case !e.Type().IsRegular():
			s.find(frompulumi.Finding{File: rel, What: "is a link or no file, and is not carried over", Next: "put into the estate what it stands for"})
			return nil
		}
		into[rel], err = os.ReadFile(at)
		return err
	})
}

// isExport tells whether a file was given as a state, which has secrets in plain
// text.
func (s *pulumiSource) isExport(file string) bool {
	info, err := os.Stat(file)
	for _, given := range s.Exported {
		if other, missing := os.Stat(given); err == nil && missing == nil && os.SameFile(info, other) {
			return true
		}
	}
	return false
}

// isBackend tells whether a directory is one of Pulumi's file:// backends.
func isBackend(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ".pulumi", "stacks"))
	_, project := os.Stat(filepath.Join(dir, "Pulumi.yaml"))
	return err == nil && project != nil
}

// stackDir is where the files of the stacks are.
func (s *pulumiSource) stackDir() string {
	return filepath.Join(s.dir, filepath.FromSlash(s.project.StackConfigDir))
}

// stackNames lists the stacks that are asked for, or have a file.
func (s *pulumiSource) stackNames() ([]string, error) {
	if len(s.Stacks) > 0 {
		return s.Stacks, nil
	}
	found, err := filepath.Glob(filepath.Join(escaped(s.stackDir()), "Pulumi.*"+filepath.Ext(s.file)))
	if err != nil {
		return nil, err
	}
	for i, f := range found {
		name := strings.TrimPrefix(filepath.Base(f), "Pulumi.")
		found[i] = strings.TrimSuffix(name, filepath.Ext(s.file))
	}
	return found, nil
}
