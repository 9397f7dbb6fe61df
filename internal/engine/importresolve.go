package engine

import (
	"fmt"
	"slices"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resolve turns the file into what the engine imports.
func (f importFile) resolve(t importTarget) ([]deploy.Import, error) {
	urns, err := f.urns(t)
	if err != nil {
		return nil, err
	}
	var p problems
	out := make([]deploy.Import, len(f.Resources))
	for i, s := range f.Resources {
		r := resolver{file: f, spec: s, urns: urns, secrets: t.secrets}
		out[i] = r.resolve(t.protect)
		for _, text := range r.wrong {
			p.add(i, s, text)
		}
	}
	return out, p.err()
}

// urns works out the URN of every name. A child's URN needs its parent's, so
// parents come first, wherever they stand in the file.
func (f importFile) urns(t importTarget) (map[string]resource.URN, error) {
	var p problems
	urns, taken := map[string]resource.URN{}, map[resource.URN]bool{}
	for name, urn := range f.NameTable {
		urns[name], taken[urn] = urn, true
	}
	done := make([]bool, len(f.Resources))
	for progress := true; progress; {
		progress = false
		for i, s := range f.Resources {
			parent, ready := urns[s.Parent]
			if done[i] || s.Parent != "" && !ready {
				continue
			}
			var parentType tokens.Type
			if s.Parent != "" {
				parentType = parent.QualifiedType()
			}
			urn := resource.NewURN(tokens.QName(t.stack), tokens.PackageName(t.project), parentType, s.Type, s.LogicalName)
			if taken[urn] {
				p.add(i, s, "has an ambiguous URN, set name (or logical name) to be unique")
			}
			urns[s.Name], taken[urn] = urn, true
			done[i], progress = true, true
		}
	}
	for i, s := range f.Resources {
		if !done[i] { // no such name, or a circle
			p.add(i, s, fmt.Sprintf("has a parent '%s' that has no entry in 'nameTable' or 'resources'", s.Parent))
		}
	}
	return urns, p.err()
}

// resolver turns one resource of the file into what the engine imports.
type resolver struct {
	file    importFile
	spec    importSpec
	urns    map[string]resource.URN
	secrets config.Decrypter
	wrong   []string
}

func (r *resolver) resolve(protect bool) deploy.Import {
	s := r.spec
	imp := deploy.Import{
		Type: s.Type, Name: s.LogicalName, ID: s.ID, Protect: protect, Properties: slices.Clone(s.Properties),
		PluginDownloadURL: s.PluginDownloadURL, Component: s.Component, Remote: s.Remote,
	}
	if s.Parent != "" {
		imp.Parent = r.urns[s.Parent]
		r.unique("parent", s.Parent)
	}
	if s.Provider != "" {
		imp.Provider = r.provider()
		imp.ProviderInputs = r.properties("provider inputs", r.file.ProviderInputs[s.Provider])
	}
	switch own := r.file.ProviderInputs[s.Name]; {
	case !providers.IsProviderType(s.Type):
		imp.Inputs, imp.Outputs = r.properties("inputs", s.Inputs), r.properties("outputs", s.Outputs)
	case s.Inputs != nil:
		imp.ProviderInputs = r.properties("inputs", s.Inputs)
	default:
		imp.ProviderInputs = r.properties("provider inputs", own)
	}
	if s.Version != "" {
		v := r.version("version", s.Version)
		imp.Version = &v
	}
	if b := s.Parameterization; b != nil {
		imp.Parameterization = &deploy.Parameterization{PluginName: tokens.Package(b.PluginName),
			PluginVersion: r.version("parameterization version", b.PluginVersion), Value: b.Value}
	}
	if x := s.Extension; x != nil {
		imp.Extension = &apitype.Extension{Name: x.Name, Version: x.Version, Value: x.Value}
	}
	return imp
}

func (r *resolver) complain(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// unique refuses a name that two resources of the file have.
func (r *resolver) unique(what, name string) {
	n := 0
	for _, s := range r.file.Resources {
		if s.Name == name {
			n++
		}
	}
	if n > 1 {
		r.complain("has an ambiguous %s", what)
	}
}

func (r *resolver) provider() resource.URN {
	r.unique("provider", r.spec.Provider)
	urn := r.urns[r.spec.Provider]
	switch {
	case urn == "":
		r.complain("has a provider '%s' that has no entry in 'nameTable' or 'resources'", r.spec.Provider)
	case !urn.IsValid() || !providers.IsProviderType(urn.Type()):
		r.complain("has a provider '%s' that is not a provider", r.spec.Provider)
	}
	return urn
}

func (r *resolver) version(what, v string) semver.Version {
	out, err := semver.ParseTolerant(v)
	if err != nil {
		r.complain("has a %s '%s' that cannot be parsed: %v", what, v, err)
	}
	return out
}

// properties reads the properties of an import file; nil for nil.
func (r *resolver) properties(what string, m map[string]any) (out resource.PropertyMap) {
	if m == nil {
		return nil
	}
	var err error
	func() {
		defer damaged(&err)
		out, err = stack.DeserializeProperties(m, r.secrets)
	}()
	if err != nil {
		r.complain("has %s that cannot be read: %v", what, err)
	}
	return out
}
