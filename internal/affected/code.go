package affected

import (
	"maps"
	"slices"
)

// Code is what goes into one revision's program.
type Code struct {
	// Toolchain compiles it, such as "go1.26.8 linux/amd64".
	Toolchain string `json:"toolchain"`
	// Language is how go.mod wants the language to be read: "go 1.26".
	Language string `json:"language"`
	// Program is the directory of the program's own package, with which every
	// stack runs.
	Program string `json:"program"`
	// Packages are those of the repository, by their directory in it.
	Packages map[string]LocalPackage `json:"packages"`
	// External maps packages of other modules to the modules that they lead to.
	External map[string][]string `json:"external"`
	// Versions are the versions of those modules.
	Versions map[string]string `json:"versions"`
	// Vendored maps modules of which the repository has a copy to its digest.
	Vendored map[string]string `json:"vendored,omitempty"`
	// Roots says where each stack definition begins, by its name.
	Roots map[string]Root `json:"roots"`
}

// LocalPackage is a package of the repository.
type LocalPackage struct {
	// Digest identifies what it does. The files are for explanations only.
	Digest string            `json:"digest"`
	Files  map[string]string `json:"files"`
	// Imports are packages of the repository, by directory; External are packages
	// of other modules, by import path.
	Imports  []string `json:"imports,omitempty"`
	External []string `json:"external,omitempty"`
}

// Root is where a stack definition begins: in a package of the repository, by
// directory. One that is not among those may consist of anything.
type Root struct {
	Package string   `json:"package"`
	Needs   []string `json:"needs,omitempty"`
}

// vendorDir is the directory of copies of modules, as reasons name it.
const vendorDir = "vendor/"

// Definitions returns what each stack definition is compiled from.
func (c Code) Definitions() map[string]Definition {
	out := make(map[string]Definition, len(c.Roots))
	common := c.from(c.Program)
	for name, root := range c.Roots {
		def := c.from(root.Package)
		maps.Copy(def.Packages, common.Packages)
		maps.Copy(def.Modules, common.Modules)
		def.Needs = slices.Sorted(slices.Values(root.Needs))
		out[name] = def
	}
	return out
}

// from returns what one package is compiled from.
func (c Code) from(dir string) Definition {
	def := Definition{Packages: map[string]string{}, Modules: map[string]string{}}
	for name := range c.reach(dir) {
		p := c.Packages[name]
		def.Packages[name] = p.Digest
		for _, ext := range p.External {
			for _, module := range c.External[ext] {
				def.Modules[module] = c.Versions[module]
				if content, ok := c.Vendored[module]; ok {
					def.Packages[vendorDir+module] = content
				}
			}
		}
	}
	return def
}

// reach returns the packages of the repository that one is compiled from, itself
// included, each with the one that imports it on a shortest way; the first has
// none.
func (c Code) reach(dir string) map[string]string {
	found := map[string]string{}
	if _, ok := c.Packages[dir]; !ok {
		for name := range c.Packages {
			found[name] = ""
		}
		return found
	}
	found[dir] = ""
	for todo := []string{dir}; len(todo) > 0; todo = todo[1:] {
		for _, next := range c.Packages[todo[0]].Imports {
			_, known := found[next]
			if _, ok := c.Packages[next]; ok && !known {
				found[next] = todo[0]
				todo = append(todo, next)
			}
		}
	}
	return found
}
