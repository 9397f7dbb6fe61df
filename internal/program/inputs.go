package program

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// scheme is the version of the cache: of how programs are compiled and of what
// is recorded about them.
const scheme = 5

// inputs is everything that went into a program, apart from what the family
// of the program says. A tree that matches it yields the same program.
type inputs struct {
	Scheme    int    `json:"scheme"`
	Toolchain string `json:"toolchain"`
	// Language is the version of the language that go.mod asks for, Debug what
	// the runtime does differently because of it.
	Language  string `json:"language"`
	Debug     string `json:"debug,omitempty"`
	Module    string `json:"module"`
	ModuleDir string `json:"moduleDir"`
	// Files maps files, by their path in the root, to the digest of their
	// content; "" means that there must be none.
	Files map[string]string `json:"files"`
	// Dirs maps directories to the digest of the names in them that matter.
	Dirs map[string]string `json:"dirs"`
	// Trees maps directories from which files are embedded to the digest of all
	// names below them.
	Trees map[string]string `json:"trees"`
	// Main is the import path of the program's own package.
	Main string `json:"main"`
	// Table identifies what that package does to every stack.
	Table string `json:"table"`
	// Packages are the packages of the repository, by import path.
	Packages map[string]localPackage `json:"packages"`
	// External are the packages of others that those import, by import path.
	External map[string]external `json:"external"`
	// Vendored maps modules to the digest of what is used of them here.
	Vendored map[string]string `json:"vendored,omitempty"`
	// Binary is the compiled program.
	Binary binaryStamp `json:"binary"`
}

// localPackage is a package of the repository that is part of the program.
type localPackage struct {
	// Dir is its directory in the root.
	Dir string `json:"dir"`
	// Language is the language version of its module, when that is not the
	// program's.
	Language string `json:"language,omitempty"`
	// Sources are the files that are compiled, in order.
	Sources []source `json:"sources"`
	// Embedded maps the embedded files to digests.
	Embedded map[string]string `json:"embedded,omitempty"`
	// Imports are the packages of the repository that it imports.
	Imports []string `json:"imports,omitempty"`
	// External are the packages of other modules that it imports.
	External []string `json:"external,omitempty"`
}

// source is one source file.
type source struct {
	Name string `json:"name"`
	// Digest identifies what it does.
	Digest string `json:"digest"`
}

// digest identifies what the package itself does. The names of its source files
// do not count, their order does: variables are initialized in it.
func (p localPackage) digest() string {
	var b strings.Builder
	b.WriteString(p.Language + "\n")
	for _, s := range p.Sources {
		b.WriteString(s.Digest + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Embedded)) {
		b.WriteString(name + " " + p.Embedded[name] + "\n")
	}
	return digest([]byte(b.String()))
}

// external is a package of another module.
type external struct {
	// Imports are the packages of the repository that it leads to.
	Imports []string `json:"imports,omitempty"`
	// Modules are the versions of the modules that it leads to, its own included.
	Modules map[string]string `json:"modules"`
}

// forget leaves out the packages of others that no package of the repository
// imports itself.
func (in *inputs) forget() {
	used := map[string]bool{}
	for _, p := range in.Packages {
		for _, name := range p.External {
			used[name] = true
		}
	}
	maps.DeleteFunc(in.External, func(name string, _ external) bool { return !used[name] })
}

// key identifies the inputs.
func (in *inputs) key(family string) string {
	plain := *in
	plain.Binary = binaryStamp{}
	b, err := json.Marshal(plain)
	if err != nil { // strings and maps of strings only
		b = []byte(err.Error())
	}
	return "sha256:" + digest(append(b, family...))
}

// tree reads the files of one root and remembers what it has read.
type tree struct {
	root  string
	files map[string]string
	dirs  map[string]string
	trees map[string]string
}

func newTree(root string) *tree {
	return &tree{root: root, files: map[string]string{}, dirs: map[string]string{}, trees: map[string]string{}}
}

// matches tells whether the program of these inputs is the program of the tree.
func (t *tree) matches(in *inputs) bool {
	for dir, want := range in.Dirs {
		if t.dir(dir) != want {
			return false
		}
	}
	for dir, want := range in.Trees {
		if t.below(dir) != want {
			return false
		}
	}
	for name, want := range in.Files {
		if t.file(name) != want {
			return false
		}
	}
	return true
}

// file returns the digest of a file's content, "" when there is none.
func (t *tree) file(name string) string {
	return remember(t.files, name, func() string {
		content, err := os.ReadFile(filepath.Join(t.root, filepath.FromSlash(name)))
		if err != nil {
			return ""
		}
		return digest(content)
	})
}

// dir returns the digest of the names in a directory that can change what is
// compiled.
func (t *tree) dir(name string) string {
	return remember(t.dirs, name, func() string {
		entries, err := os.ReadDir(filepath.Join(t.root, filepath.FromSlash(name)))
		if err != nil {
			return ""
		}
		return digest([]byte(strings.Join(codeFiles(entries), "\n")))
	})
}

// below returns the digest of all names below a directory, or of that of a
// file.
func (t *tree) below(name string) string {
	return remember(t.trees, name, func() string {
		var names []string
		root := filepath.Join(t.root, filepath.FromSlash(name))
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil {
				names = append(names, d.Type().String()+strings.TrimPrefix(path, root))
			}
			return err
		})
		if err != nil {
			return ""
		}
		return digest([]byte(strings.Join(names, "\n")))
	})
}

func remember(known map[string]string, name string, find func() string) string {
	if v, ok := known[name]; ok {
		return v
	}
	v := find()
	known[name] = v
	return v
}

// codeExtensions are those of the files that the go command compiles.
var codeExtensions = []string{".go", ".s", ".S", ".sx", ".h", ".hh", ".hpp", ".hxx", ".c", ".cc", ".cpp", ".cxx", ".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso"}

// codeFiles returns the names that can change what is compiled: source files,
// and a go.mod, which makes a directory part of another module.
func codeFiles(entries []fs.DirEntry) []string {
	var out []string
	for _, e := range entries {
		name := e.Name()
		source := slices.Contains(codeExtensions, path.Ext(name)) && !strings.HasSuffix(name, "_test.go") &&
			name[0] != '_' && name[0] != '.'
		if source || name == "go.mod" {
			out = append(out, name)
		}
	}
	return out
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
