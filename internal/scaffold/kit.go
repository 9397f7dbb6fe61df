package scaffold

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// kitModules are the modules that the kit imports.
var kitModules = []string{
	"github.com/goccy/go-yaml", "github.com/pulumi/pulumi/sdk/v3", "google.golang.org/grpc", "google.golang.org/protobuf",
}

// Kit returns the files that every estate has, by path, as those of a module:
// what both sides read settings through, and what policies are made with. modules are those that it imports; their
// versions are in the go.mod of from.
func Kit(from fs.FS, module string) (files map[string][]byte, modules []string, err error) {
	all, err := Options{From: from, Module: module}.collect()
	if err != nil {
		return nil, nil, err
	}
	files = map[string][]byte{}
	for p, text := range all {
		if strings.HasPrefix(p, "estate/") || strings.HasPrefix(p, "policy/") || path.Dir(p) == "environments" && path.Ext(p) == ".go" {
			files[p] = text
		}
	}
	return files, slices.Clone(kitModules), nil
}
