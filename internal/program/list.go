package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"go/version"
	"io"
	"maps"
	"os"
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

// record notes everything that goes into the program.
func (j job) record(packages []goPackage, facts goFacts) *inputs {
	main := packages[len(packages)-1]
	in := &inputs{
		Scheme: scheme, Toolchain: facts.GOVERSION + " " + facts.GOOS + "/" + facts.GOARCH, ModuleDir: j.layout.moduleDir,
		Files: map[string]string{}, Dirs: map[string]string{}, Trees: map[string]string{}, Main: main.ImportPath,
		Packages: map[string]localPackage{}, External: map[string]external{}, Vendored: map[string]string{}, Debug: main.DefaultGODEBUG,
	}
	if main.Module != nil {
		in.Module, in.Language = main.Module.Path, main.Module.language()
	}
	t := newTree(j.src.Root)
	j.recordModule(t, in)
	vendored := map[string][]string{}
	for _, p := range packages {
		if !j.local(p, facts.GOMODCACHE) {
			continue
		}
		local := j.recordPackage(t, in, p)
		if v := p.Module.version(); v != "" { // vendored: of another module, with its version
			vendored[p.Module.Path] = append(vendored[p.Module.Path], p.ImportPath+" "+local.digest())
			continue
		}
		if p.Module != nil && p.Module.Path != in.Module {
			local.Language = p.Module.language()
		}
		in.Packages[p.ImportPath] = local
	}
	for module, contents := range vendored {
		in.Vendored[module] = digest([]byte(strings.Join(contents, "\n")))
	}
	connect(packages, in)
	in.Table = j.table(main, in)
	return in
}

// table identifies what the program's own package does to every stack.
func (j job) table(main goPackage, in *inputs) string {
	full := in.Packages[in.Main].digest()
	if len(main.EmbedFiles) > 0 {
		return full
	}
	sources := map[string][]byte{}
	for _, name := range main.compiled() {
		content, err := os.ReadFile(filepath.Join(main.Dir, name))
		if err != nil {
			return full
		}
		sources[name] = content
	}
	return tableDigest(sources, in.Module, full)
}

// recordModule notes the files that choose versions, present or not.
func (j job) recordModule(t *tree, in *inputs) {
	for dir := j.layout.moduleDir; ; dir = path.Dir(dir) {
		for _, name := range []string{"go.work", "go.work.sum", "vendor/modules.txt", "go.mod", "go.sum"} {
			file := path.Join(dir, name)
			in.Files[file] = t.file(file)
		}
		if dir == "" || dir == "." {
			break
		}
	}
	for dir := path.Clean("./" + j.src.Dir); dir != "." && dir != j.layout.moduleDir; dir = path.Dir(dir) {
		in.Files[path.Join(dir, "go.mod")] = t.file(path.Join(dir, "go.mod"))
	}
	for _, dir := range neighbours(filepath.Join(j.src.Root, filepath.FromSlash(j.layout.moduleDir)), j.layout.workFile) {
		if rel, inside := j.relative(dir); inside {
			in.Files[path.Join(rel, "go.mod")] = t.file(path.Join(rel, "go.mod"))
			in.Files[path.Join(rel, "go.sum")] = t.file(path.Join(rel, "go.sum"))
		}
	}
}

// recordPackage notes the files of one package and returns it.
func (j job) recordPackage(t *tree, in *inputs, p goPackage) localPackage {
	rel, _ := j.relative(p.Dir)
	for dir := rel; ; dir = path.Dir(dir) { // a new go.mod on the way would take the package away
		in.Dirs[dir] = t.dir(dir)
		if dir == "." {
			break
		}
	}
	var names []string
	if entries, err := os.ReadDir(p.Dir); err == nil {
		names = codeFiles(entries) // those of other platforms too: their constraints may change
	}
	for _, name := range slices.Concat(names, p.EmbedFiles) {
		file := path.Join(rel, filepath.ToSlash(name))
		in.Files[file] = t.file(file)
	}
	for _, pattern := range p.EmbedPatterns {
		dir := path.Join(rel, fixedPart(pattern))
		in.Trees[dir] = t.below(dir)
	}
	out := localPackage{Dir: rel, Embedded: map[string]string{}}
	for _, name := range p.compiled() {
		content, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil { // it is going away; the tree no longer matches, and is compiled again
			continue
		}
		out.Sources = append(out.Sources, source{name, sourceDigest(name, content)})
	}
	for _, name := range p.EmbedFiles {
		out.Embedded[filepath.ToSlash(name)] = t.file(path.Join(rel, filepath.ToSlash(name)))
	}
	return out
}

// fixedPart returns the part of an embed pattern before the first wildcard.
func fixedPart(pattern string) string {
	pattern = strings.TrimPrefix(pattern, "all:")
	var out []string
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.ContainsAny(part, `*?[\`) {
			break
		}
		out = append(out, part)
	}
	return path.Join(out...)
}

// connect notes what each package of the repository imports, and which modules
// the packages of others lead to. The go command lists a package after
// everything that it imports.
func connect(packages []goPackage, in *inputs) {
	for _, p := range packages {
		l, local := in.Packages[p.ImportPath]
		if p.Standard && !local {
			continue
		}
		imports, modules := map[string]bool{}, map[string]string{}
		for _, name := range p.Imports {
			_, isLocal := in.Packages[name]
			ext, isExternal := in.External[name]
			switch {
			case isLocal:
				imports[name] = true
			case local && isExternal:
				l.External = append(l.External, name)
			case isExternal:
				for _, k := range ext.Imports {
					imports[k] = true
				}
				maps.Copy(modules, ext.Modules)
			}
		}
		if local {
			l.Imports = slices.Sorted(maps.Keys(imports))
			in.Packages[p.ImportPath] = l
			continue
		}
		if v := p.Module.version(); v != "" {
			modules[p.Module.Path] = v
		}
		in.External[p.ImportPath] = external{Imports: slices.Sorted(maps.Keys(imports)), Modules: modules}
	}
	in.forget()
}
