package driver

import (
	"context"
	"io/fs"
	"net/url"
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

// readProject reads a project's directory and the states of its stacks.
func (c *carryOver) readProject(ctx context.Context, dir string) (frompulumi.Project, error) {
	src := &pulumiSource{carryOver: c, dir: dir}
	var err error
	if src.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return frompulumi.Project{}, &gitops.Error{Kind: gitops.NotFound, What: "cannot open the Pulumi project", Err: err, Next: "give the directory of its Pulumi.yaml"}
	}
	file, err := workspace.DetectProjectPathFrom(src.dir)
	if err != nil || filepath.Dir(file) != src.dir {
		return frompulumi.Project{}, &gitops.Error{Kind: gitops.NotFound, What: "there is no Pulumi.yaml in " + dir, Next: "give the directory of the project"}
	}
	src.file = filepath.Base(file)
	if src.project, err = workspace.LoadProject(file); err != nil {
		return frompulumi.Project{}, &gitops.Error{Kind: gitops.Invalid, Where: src.file, What: "cannot read the project", Err: err}
	}
	if name := src.project.Runtime.Name(); name != "go" {
		return frompulumi.Project{}, &gitops.Error{Kind: gitops.Invalid, Where: src.file, What: "the project is written for " + name, Next: "only projects in Go are carried over"}
	}
	out := frompulumi.Project{Name: string(src.project.Name), Dir: filepath.ToSlash(src.dir), Program: frompulumi.Program{Main: path.Clean(filepath.ToSlash(src.project.Main)), Files: map[string][]byte{}}}
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
		case e.IsDir() || !strings.Contains(rel, "/") && strings.HasPrefix(rel, "Pulumi."):
			return nil
		case !e.Type().IsRegular():
			s.find(frompulumi.Finding{File: rel, What: "is a link or no file, and is not carried over", Next: "put into the estate what it stands for"})
			return nil
		}
		into[rel], err = os.ReadFile(at)
		return err
	})
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

// backendURL is where the states are, "" when nothing says it. A directory is
// taken from that of the project, as the Pulumi CLI does.
func (s *pulumiSource) backendURL() (string, error) {
	text := s.State
	if b := s.project.Backend; text == "" && b != nil {
		text = b.URL
	}
	if text == "" {
		text = s.Getenv("PULUMI_BACKEND_URL")
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", gitops.Errorf(gitops.Invalid, "the backend is no URL: %w", err)
	}
	switch dir, file := strings.CutPrefix(text, "file://"); {
	case text == "":
		return "", nil
	case u.Scheme == "https", u.Scheme == "http":
		return "", &gitops.Error{Kind: gitops.Invalid, What: "the states of " + string(s.project.Name) + " are at " + u.Host + ", which only the Pulumi CLI can read",
			Next: "pulumi stack export --show-secrets --stack STACK --file FILE, then add --state STACK=FILE for each stack"}
	case file && dir != "~" && !strings.HasPrefix(dir, "~/") && !filepath.IsAbs(dir):
		return "file://" + filepath.ToSlash(filepath.Join(s.dir, dir)), nil
	}
	return text, nil
}

// exportedFile reads the file that was given for a stack; nil when none was.
func (s *pulumiSource) exportedFile(stack string) ([]byte, error) {
	for _, name := range []string{string(s.project.Name) + "/" + stack, stack} {
		file, given := s.Exported[name]
		if !given || name == stack && len(s.Projects) > 1 {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the state of " + name, Err: err, Next: "pulumi stack export --show-secrets --file FILE writes it"}
		}
		return text, nil
	}
	return nil, nil
}
