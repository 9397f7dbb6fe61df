package engine

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// importFile is the file that `pulumi import --file` reads and `pulumi preview
// --import-file` writes.
type importFile struct {
	// NameTable gives names to resources that are in the state already.
	NameTable map[string]resource.URN `json:"nameTable,omitempty"`
	Resources []importSpec            `json:"resources,omitempty"`
	// ProviderInputs is the older way to configure providers of the file.
	ProviderInputs map[string]map[string]any `json:"providerInputs,omitempty"`
}

// importSpec is one resource of an import file. Name is what others of the file
// call it, LogicalName what the program does; each stands for the other.
type importSpec struct {
	Type              tokens.Type     `json:"type"`
	Name              string          `json:"name"`
	ID                resource.ID     `json:"id,omitempty"`
	Parent            string          `json:"parent,omitempty"`
	Provider          string          `json:"provider,omitempty"`
	Version           string          `json:"version,omitempty"`
	PluginDownloadURL string          `json:"pluginDownloadUrl,omitempty"`
	Properties        []string        `json:"properties,omitempty"`
	Component         bool            `json:"component,omitempty"`
	Remote            bool            `json:"remote,omitempty"`
	Inputs            map[string]any  `json:"inputs,omitempty"`
	Outputs           map[string]any  `json:"outputs,omitempty"`
	LogicalName       string          `json:"logicalName,omitempty"`
	Parameterization  *importBase     `json:"parameterization,omitempty"`
	Extension         *importExtended `json:"extension,omitempty"`
}

type importBase struct {
	PluginName    string `json:"pluginName"`
	PluginVersion string `json:"pluginVersion"`
	Value         []byte `json:"value"`
}

type importExtended struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Value   []byte `json:"value"`
}

// importTarget is what an import file is resolved against.
type importTarget struct {
	stack, project string
	protect        bool
	secrets        config.Decrypter
}

// parseImportFile reads an import file and checks each resource by itself.
func parseImportFile(raw []byte) (importFile, error) {
	var f importFile
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&f); err != nil {
		return f, gitops.Errorf(gitops.Invalid, "could not read import file: %w", err)
	}
	var p problems
	for i := range f.Resources {
		s := &f.Resources[i]
		if s.LogicalName == "" {
			s.LogicalName = s.Name
		}
		if s.Name == "" {
			s.Name = s.LogicalName
		}
		for _, wrong := range s.check() {
			p.add(i, *s, wrong)
		}
	}
	return f, p.err()
}

// check says what is wrong with a resource of the file.
func (s importSpec) check() (wrong []string) {
	is := func(cond bool, text string) {
		if cond {
			wrong = append(wrong, text)
		}
	}
	is(s.Type == "", "has no type")
	is(s.Name == "", "has no name")
	if providers.IsProviderType(s.Type) {
		is(s.ID != "", "has an ID, but is a provider, which is created rather than read")
		is(s.Component, "is a provider and may not be marked as a component")
		is(s.Parent != "", "is a provider and may not have a parent")
		is(len(s.Outputs) > 0, "is a provider and may not have outputs")
	} else {
		is(!s.Component && s.ID == "", "has no ID")
		is(s.Component && s.ID != "", "has an ID, but is marked as a component")
	}
	is(s.Remote && !s.Component, "is marked as remote, but not as a component")
	is(s.Parameterization != nil && s.Extension != nil,
		"has both a parameterization and an extension, which are mutually exclusive")
	return wrong
}

// problems collects what is wrong with an import file.
type problems struct{ list []string }

func (p *problems) add(i int, s importSpec, text string) {
	who := fmt.Sprintf("resource %d", i)
	if name := s.Name + string(s.ID); s.Name != "" {
		who = fmt.Sprintf("resource '%s'", s.Name)
	} else if name != "" {
		who = fmt.Sprintf("resource '%s'", name)
	}
	if s.Type != "" {
		who += fmt.Sprintf(" of type '%s'", s.Type)
	}
	p.list = append(p.list, who+" "+text)
}

func (p *problems) err() error {
	switch len(p.list) {
	case 0:
		return nil
	case 1:
		return gitops.Errorf(gitops.Invalid, "import file: %s", p.list[0])
	}
	text := fmt.Sprintf("import file: %d problems", len(p.list))
	for _, l := range p.list {
		text += "\n  * " + l
	}
	return gitops.Errorf(gitops.Invalid, "%s", text)
}
