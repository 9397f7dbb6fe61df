// Package gosdk reads what a Pulumi Go SDK declares from its source: the
// resource types, the structs of their arguments and outputs. Nothing is
// compiled, and nothing is known of any one SDK.
package gosdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// SDK is the Go SDK of one Pulumi package. It is not safe for concurrent use.
type SDK struct {
	// Name is that of the Pulumi package, such as "aws", and Version the version
	// of its provider that the SDK asks for.
	Name, Version string
	// Path is the import path of the SDK's root, below which its packages lie.
	Path string

	files    fs.FS
	types    map[string]place
	packages map[string]*Package
}

// place is where a resource type is declared.
type place struct{ dir, goType string }

// manifest is the file that every SDK has in its root.
const manifest = "pulumi-plugin.json"

// ErrNoSDK tells that a directory is not the root of an SDK.
var ErrNoSDK = errors.New("no " + manifest)

// Open reads the names of what an SDK has. files is its root directory, and path
// the import path of that.
func Open(files fs.FS, importPath string) (*SDK, error) {
	raw, err := fs.ReadFile(files, manifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoSDK
	}
	if err != nil {
		return nil, err
	}
	var m struct {
		Resource bool
		Name     string
		Version  string
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	if !m.Resource || m.Name == "" {
		return nil, ErrNoSDK
	}
	s := &SDK{Name: m.Name, Version: strings.TrimPrefix(m.Version, "v"), Path: importPath, files: files,
		types: map[string]place{}, packages: map[string]*Package{}}
	return s, s.findTypes()
}

// constructs is how the generated init.go of a package lists its resources, for
// the engine to make one by its token.
var constructs = regexp.MustCompile(`case "([^"]+)":\s*r = &(\w+)\{\}`)

// findTypes reads the init.go of every package: it names each resource type, and
// is short.
func (s *SDK) findTypes() error {
	return fs.WalkDir(s.files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "init.go" {
			return err
		}
		text, err := fs.ReadFile(s.files, p)
		for _, m := range constructs.FindAllSubmatch(text, -1) {
			s.types[string(m[1])] = place{path.Dir(p), string(m[2])}
		}
		return err
	})
}

// Tokens lists the resource types, such as "aws:sqs/queue:Queue", sorted.
func (s *SDK) Tokens() []string { return slices.Sorted(maps.Keys(s.types)) }

// Resource is one resource type.
type Resource struct {
	Token string
	// Dir is the directory of its Go package below the SDK's root; Type the name
	// of its Go type: "sqs" and "Queue".
	Dir, Type string
	// Args are the fields of its arguments, in the order of the struct, with both
	// names and the type that the struct of inputs has.
	Args []Field
	// Outputs are the fields of the Go type.
	Outputs []Field
}

// Resource reads a resource type. The token of one that there is not is an
// fs.ErrNotExist.
func (s *SDK) Resource(token string) (*Resource, error) {
	at, ok := s.types[token]
	if !ok {
		return nil, fmt.Errorf("the SDK of %s has no type %s: %w", s.Name, token, fs.ErrNotExist)
	}
	p, err := s.Package(at.dir)
	if err != nil {
		return nil, err
	}
	r := &Resource{Token: token, Dir: at.dir, Type: at.goType, Outputs: p.Structs[at.goType]}
	names := map[string]string{}
	for _, f := range p.plain(at.goType + "Args") {
		names[f.GoName] = f.Name
	}
	for _, f := range p.Structs[at.goType+"Args"] {
		if f.Name = names[f.GoName]; f.Name != "" {
			r.Args = append(r.Args, f)
		}
	}
	return r, nil
}

// Package reads a Go package of the SDK, once.
func (s *SDK) Package(dir string) (*Package, error) {
	if p := s.packages[dir]; p != nil {
		return p, nil
	}
	p, err := readPackage(s.files, dir)
	if err != nil {
		return nil, fmt.Errorf("read the Go package %s: %w", path.Join(s.Path, dir), err)
	}
	s.packages[dir] = p
	return p, nil
}

// Dir returns the directory of an import path in the SDK.
func (s *SDK) Dir(importPath string) (dir string, ok bool) {
	if importPath == s.Path {
		return ".", true
	}
	return strings.CutPrefix(importPath, s.Path+"/")
}
