package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"go/version"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// goPackage is what the go command lists about one package.
type goPackage struct {
	ImportPath, Name, Dir     string
	Standard                  bool
	Module                    *goModule
	Imports                   []string
	GoFiles, CgoFiles, SFiles []string
	HFiles, SysoFiles         []string
	EmbedFiles, EmbedPatterns []string
	DefaultGODEBUG            string
	Error                     *goPackageError
}

// compiled are the source files that this platform compiles, in the compiler's
// order.
func (p goPackage) compiled() []string {
	return slices.Sorted(slices.Values(slices.Concat(p.GoFiles, p.CgoFiles, p.SFiles, p.HFiles, p.SysoFiles)))
}

type goModule struct {
	Path, Version, Dir string
	GoVersion          string
	Replace            *goModule
}

// language returns the version of the language that the module is written in,
// such as "1.26".
func (m *goModule) language() string {
	return strings.TrimPrefix(version.Lang("go"+m.GoVersion), "go")
}

type goPackageError struct{ Pos, Err string }

// version returns the version that is used, "" for a module of the repository.
func (m *goModule) version() string {
	switch {
	case m == nil:
		return ""
	case m.Replace != nil && m.Replace.Version != "":
		return m.Replace.Path + "@" + m.Replace.Version
	case m.Replace != nil:
		return ""
	}
	return m.Version
}

// list finds out what goes into the program, with the environment to compile
// it in.
func (j job) list(ctx context.Context) (_ *inputs, env []string, err error) {
	settings, err := j.tool.settings(ctx)
	if err != nil {
		return nil, nil, j.explain(err)
	}
	env = j.tool.env(settings)
	facts, err := j.tool.facts(ctx, env)
	if err != nil {
		return nil, nil, j.explain(err)
	}
	const fields = "-json=ImportPath,Name,Dir,Standard,Module,Imports,GoFiles,CgoFiles,SFiles,HFiles,SysoFiles,EmbedFiles,EmbedPatterns,DefaultGODEBUG,Error"
	out, err := j.tool.run(ctx, j.layout.estate, env, "list", "-e", "-deps", j.modFlag(), fields, "--", j.src.Package)
	if err != nil {
		return nil, nil, j.explain(err)
	}
	packages, err := parseList[goPackage](out)
	if err != nil {
		return nil, nil, err
	}
	if err := j.check(packages, facts.GOMODCACHE); err != nil {
		return nil, nil, err
	}
	return j.record(packages, facts), env, nil
}

// compile makes the executable at path. It depends on nothing but the inputs:
// not on the place of the checkout, the commit, or flags of the user.
//
// -trimpath keeps the place out of the compiler's own cache too, so that the
// program of another checkout costs only a link. The program runs for moments
// and nobody debugs it: without inlining and debug information the first one of
// a machine takes 40 % less time to compile.
func (j job) compile(ctx context.Context, env []string, path string) error {
	_, err := j.tool.run(ctx, j.layout.estate, env, "build", "-trimpath", "-buildvcs=false", j.modFlag(),
		"-gcflags=all=-l -dwarf=false", "-ldflags=-s -w", "-o", path, "--", j.src.Package)
	if err != nil {
		return j.explain(err)
	}
	return nil
}

// modFlag says where the go command takes modules from.
func (j job) modFlag() string {
	if j.layout.vendored {
		return "-mod=vendor"
	}
	return "-mod=readonly"
}

// parseList reads a stream of JSON objects.
func parseList[T any](out []byte) ([]T, error) {
	var list []T
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var v T
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, gitops.Errorf(gitops.Failed, "go list answered with something else than JSON: %w", err)
		}
		list = append(list, v)
	}
}

// check refuses packages that cannot be compiled or that lie elsewhere.
func (j job) check(packages []goPackage, moduleCache string) error {
	var problems []Problem
	for _, p := range packages {
		if p.Error != nil {
			problems = append(problems, j.problem(p.Error.Pos, p.Error.Err))
		}
	}
	if len(problems) > 0 {
		return broken(problems)
	}
	if len(packages) == 0 {
		return gitops.Errorf(gitops.Invalid, "%s has no Go package", j.src.Package)
	}
	if main := packages[len(packages)-1]; main.Name != "main" {
		return gitops.Errorf(gitops.Invalid, "%s is package %s; the program of an estate is package main", j.src.Package, main.Name)
	}
	for _, p := range packages {
		if _, inside := j.relative(p.Dir); j.local(p, moduleCache) && !inside {
			return &gitops.Error{
				Kind: gitops.Invalid, Where: path.Join(j.layout.moduleDir, "go.mod"),
				What: "package " + p.ImportPath + " lies outside of the repository, in " + p.Dir,
				Next: "move it into the repository, or name a version of its module in go.mod",
			}
		}
	}
	return nil
}

// local tells whether the package's files can differ between two checkouts:
// everything but Go's own packages and those in the module cache.
func (j job) local(p goPackage, moduleCache string) bool {
	if p.Standard || p.Dir == "" {
		return false
	}
	cached := moduleCache != "" && strings.HasPrefix(p.Dir, filepath.Clean(moduleCache)+string(filepath.Separator))
	return !cached || p.Module.version() == ""
}

// relative returns the path of a directory in the root, with slashes.
func (j job) relative(dir string) (string, bool) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rel, err := filepath.Rel(j.src.Root, dir)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}
