package program

import (
	"maps"
	"path"
	"slices"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/internal/affected"
)

// Code returns what decides what the program's stacks do, as the comparison of
// two revisions needs it. It runs nothing: all of it was noted when the program
// was compiled.
func Code(bin Binary, d describe.Description) affected.Code {
	in := bin.inputs
	code := affected.Code{Toolchain: in.Toolchain, Definitions: map[string]affected.Definition{}}
	shared := in.shared(d)
	for _, s := range d.Stacks {
		def := affected.Definition{Packages: map[string]string{}, Modules: map[string]string{}, Needs: slices.Sorted(slices.Values(s.Needs))}
		for _, name := range in.closure(append(shared, s.Package)...) {
			p := in.Packages[name]
			def.Packages[packageName(p.Dir)] = p.Digest
			maps.Copy(def.Modules, p.Modules)
		}
		maps.Copy(def.Modules, in.Packages[in.Main].Modules)
		if in.Main != s.Package {
			def.Packages[packageName(in.Packages[in.Main].Dir)] = in.Table
		}
		code.Definitions[s.Name] = def
	}
	return code
}

// shared returns the packages that the program's own package imports beside
// those of stacks. They may do anything to any stack.
func (in *inputs) shared(d describe.Description) []string {
	var out []string
	for _, name := range in.Packages[in.Main].Imports {
		isStack := slices.ContainsFunc(d.Stacks, func(s describe.Stack) bool { return s.Package == name })
		if !isStack {
			out = append(out, name)
		}
	}
	return out
}

// closure returns the packages of the repository that the given ones are
// compiled from, themselves included, sorted.
func (in *inputs) closure(names ...string) []string {
	found := map[string]bool{}
	for todo := slices.Clone(names); len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		p, ok := in.Packages[name]
		if !ok || found[name] {
			continue
		}
		found[name] = true
		todo = append(todo, p.Imports...)
	}
	return slices.Sorted(maps.Keys(found))
}

// packageName is how people call a package: by its directory.
func packageName(dir string) string { return path.Clean("./" + dir) }
