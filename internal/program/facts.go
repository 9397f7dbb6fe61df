package program

import (
	"encoding/json"
	"maps"
	"path"
	"slices"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/internal/affected"
)

// Listing is what goes into a program, whether or not it was compiled.
type Listing struct{ in *inputs }

// Listing returns what went into the program.
func (bin Binary) Listing() Listing { return Listing{bin.inputs} }

// Toolchain is what compiles it, such as "go1.26.8 linux/amd64".
func (l Listing) Toolchain() string { return l.in.Toolchain }

// Code returns what decides what the program's stacks do, as the comparison of
// two revisions needs it. d is what the program says about itself.
func (l Listing) Code(d describe.Description) affected.Code {
	in := l.in
	code := affected.Code{
		Toolchain: in.Toolchain, Language: in.language(), Packages: map[string]affected.LocalPackage{},
		External: map[string][]string{}, Versions: map[string]string{}, Vendored: in.Vendored, Roots: map[string]affected.Root{},
	}
	for name, p := range in.Packages {
		out := affected.LocalPackage{Digest: p.digest(), Files: map[string]string{}, Imports: in.dirs(p.Imports), External: p.External}
		if name == in.Main {
			// What a table imports are the stacks. All else it imports may do anything
			// to any of them.
			out.Digest, out.Imports = in.Table, in.dirs(in.shared(d))
			code.Program = packageName(p.Dir)
		}
		maps.Copy(out.Files, p.Embedded)
		for _, s := range p.Sources {
			out.Files[s.Name] = s.Digest
		}
		code.Packages[packageName(p.Dir)] = out
	}
	for name, e := range in.External {
		code.External[name] = slices.Sorted(maps.Keys(e.Modules))
		maps.Copy(code.Versions, e.Modules)
	}
	in.throughOthers(code.Packages)
	for _, s := range d.Stacks {
		root := affected.Root{Package: s.Package, Needs: slices.Sorted(slices.Values(s.Needs))}
		if p, ok := in.Packages[s.Package]; ok {
			root.Package = packageName(p.Dir)
		}
		code.Roots[s.Name] = root
	}
	return code
}

// Same identifies what the program does, as far as its code decides it: two
// programs with the same one differ at most in comments and layout.
func (l Listing) Same() string {
	type code struct {
		Scheme                                 int
		Toolchain, Language, Module, Dir, Main string
		Packages                               map[string]string
		Dirs                                   map[string]string
		External                               map[string]external
		Imports                                map[string][]string
		Vendored                               map[string]string
	}
	in := l.in
	c := code{Scheme: scheme, Toolchain: in.Toolchain, Language: in.language(), Module: in.Module, Dir: in.ModuleDir, Main: in.Main,
		Packages: map[string]string{}, Dirs: map[string]string{}, Imports: map[string][]string{}, External: in.External, Vendored: in.Vendored}
	for name, p := range in.Packages {
		c.Packages[name], c.Dirs[name] = p.digest(), p.Dir
		c.Imports[name] = slices.Concat(p.Imports, p.External)
	}
	b, err := json.Marshal(c)
	if err != nil { // strings and maps of strings only
		b = []byte(err.Error())
	}
	return digest(b)
}

// language is how go.mod wants the language to be read.
func (in *inputs) language() string {
	if in.Debug == "" {
		return "go " + in.Language
	}
	return "go " + in.Language + " with " + in.Debug
}

// shared returns the packages that the program's own package imports beside
// those of stacks.
func (in *inputs) shared(d describe.Description) []string {
	return slices.DeleteFunc(slices.Clone(in.Packages[in.Main].Imports), func(name string) bool {
		return slices.ContainsFunc(d.Stacks, func(s describe.Stack) bool { return s.Package == name })
	})
}

// throughOthers adds the imports that lead through a package of another module
// back into the repository.
func (in *inputs) throughOthers(packages map[string]affected.LocalPackage) {
	for _, p := range in.Packages {
		dir := packageName(p.Dir)
		out := packages[dir]
		for _, name := range p.External {
			out.Imports = append(out.Imports, in.dirs(in.External[name].Imports)...)
		}
		slices.Sort(out.Imports)
		out.Imports = slices.Compact(out.Imports)
		packages[dir] = out
	}
}

// dirs returns the directories of packages of the repository.
func (in *inputs) dirs(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, packageName(in.Packages[name].Dir))
	}
	return out
}

// packageName is how people call a package: by its directory.
func packageName(dir string) string { return path.Clean("./" + dir) }
