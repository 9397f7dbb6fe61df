package program

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Plugin is a provider plugin that a Go module of the program is written for.
type Plugin struct {
	// Name and Version are the plugin's: "aws", "6.83.2".
	Name, Version string
	// Server is where it comes from, in Pulumi's form; "" means where all of
	// Pulumi's own come from.
	Server string
	// Module is the Go module that says so.
	Module string
}

// Plugins lists the provider plugins that the modules of a program need, as they
// say themselves in pulumi-plugin.json, by name and version. Nothing is compiled.
// A module that is vendored does not bring that file along.
func (b *Builder) Plugins(ctx context.Context, src Source) ([]Plugin, error) {
	job, err := b.prepare(ctx, src)
	if err != nil {
		return nil, err
	}
	settings, err := job.tool.settings(ctx)
	if err != nil {
		return nil, job.explain(err)
	}
	out, err := job.tool.run(ctx, job.layout.estate, job.tool.env(settings), "list", "-e", "-deps", job.modFlag(), "-json=ImportPath,Module", "--", job.src.Package)
	if err != nil {
		return nil, job.explain(err)
	}
	packages, err := parseList[goPackage](out)
	if err != nil {
		return nil, err
	}
	var found []Plugin
	seen := map[string]bool{}
	for _, p := range packages {
		m := p.Module
		if m == nil || seen[m.Path] {
			continue
		}
		seen[m.Path] = true
		if m.Replace != nil {
			m = m.Replace
		}
		plugin, ok, err := pluginOf(m.Dir, p.Module)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, plugin)
		}
	}
	slices.SortFunc(found, func(a, b Plugin) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return slices.CompactFunc(found, func(a, b Plugin) bool { return a.Name == b.Name && a.Version == b.Version }), nil
}

// pluginOf reads what a module says about its plugin, from where Pulumi's own
// language host looks for it.
func pluginOf(dir string, m *goModule) (Plugin, bool, error) {
	if dir == "" {
		return Plugin{}, false, nil
	}
	for _, pattern := range []string{"pulumi-plugin.json", "go/pulumi-plugin.json", "go/*/pulumi-plugin.json"} {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			return Plugin{}, false, err // not of these patterns
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				return Plugin{}, false, err
			}
			var said struct {
				Resource              bool
				Name, Version, Server string
			}
			if err := json.Unmarshal(raw, &said); err != nil {
				return Plugin{}, false, gitops.Errorf(gitops.Invalid, "%s of module %s: %w", filepath.Base(file), m.Path, err)
			}
			version := strings.TrimPrefix(cmp.Or(said.Version, m.Version), "v")
			if !said.Resource || said.Name == "" || version == "" {
				return Plugin{}, false, nil
			}
			return Plugin{Name: said.Name, Version: version, Server: said.Server, Module: m.Path}, true, nil
		}
	}
	return Plugin{}, false, nil
}
