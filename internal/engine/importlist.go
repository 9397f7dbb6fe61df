package engine

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	pkgproviders "github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// importLister writes down what an update creates, as an import file in which
// only the IDs are left to be filled in.
type importLister struct {
	op    *operation
	steps []engine.StepEventMetadata
	names map[resource.URN]string
}

// note keeps the steps of the update.
func (l *importLister) note(e engine.Event) {
	if p, ok := e.Payload().(engine.ResourcePreEventPayload); ok {
		l.steps = append(l.steps, p.Metadata)
	}
}

// placeholder stands where an ID is to be filled in.
const placeholder = "<PLACEHOLDER>"

// file returns the JSON of the import file.
func (l *importLister) file() ([]byte, error) {
	l.name()
	f := importFile{NameTable: map[string]resource.URN{}}
	created := map[resource.URN]bool{}
	for _, m := range l.steps {
		if m.Op != deploy.OpCreate || m.Type == resource.RootStackType || m.New == nil {
			continue
		}
		created[m.URN] = true
		if providers.IsProviderType(m.Type) {
			continue // it is created rather than read, with the inputs below
		}
		s := importSpec{Type: m.New.Type, Name: l.names[m.URN], Component: !m.New.Custom, Remote: !m.New.Custom && m.New.Provider != ""}
		if m.New.Custom {
			s.ID = placeholder
		}
		if s.Name != m.URN.Name() {
			s.LogicalName = m.URN.Name()
		}
		if p := m.New.Parent; p != "" && p.QualifiedType() != resource.RootStackType {
			s.Parent = l.names[p]
			if !created[p] {
				f.NameTable[s.Parent] = p
			}
		}
		if err := l.provider(&f, &s, m.New.Provider, created); err != nil {
			return nil, gitops.Errorf(gitops.Failed, "write the import file: %s: %w", m.URN, err)
		}
		f.Resources = append(f.Resources, s)
	}
	return indented(f)
}

// provider fills in what a resource says about its provider.
func (l *importLister) provider(f *importFile, s *importSpec, reference string, created map[resource.URN]bool) error {
	if reference == "" {
		return nil
	}
	ref, err := providers.ParseReference(reference)
	if err != nil {
		return err
	}
	inputs := l.inputs(ref.URN())
	if !providers.IsDefaultProvider(ref.URN()) {
		s.Provider = l.names[ref.URN()]
		f.NameTable[s.Provider] = ref.URN()
		if created[ref.URN()] {
			if f.ProviderInputs == nil {
				f.ProviderInputs = map[string]map[string]any{}
			}
			f.ProviderInputs[s.Provider], err = stack.SerializeProperties(l.op.ctx, inputs, l.op.secrets.Encrypter(), false)
			if err != nil {
				return err
			}
		}
	}
	v, err := pkgproviders.GetProviderVersion(inputs)
	if err != nil {
		return err
	}
	if v != nil {
		s.Version = v.String()
	}
	s.PluginDownloadURL, err = pkgproviders.GetProviderDownloadURL(inputs)
	return err
}

// inputs are the inputs of a provider that the update has met.
func (l *importLister) inputs(urn resource.URN) resource.PropertyMap {
	for _, m := range l.steps {
		if m.URN == urn && m.Res != nil && m.Res.State != nil {
			return m.Res.State.Inputs
		}
	}
	return nil
}

// name gives every resource a name of its own: the program's, and where two have
// the same, one that ends in the type.
func (l *importLister) name() {
	l.names = map[resource.URN]string{}
	taken := map[string]resource.URN{}
	for _, m := range l.steps {
		if _, has := taken[m.URN.Name()]; !has {
			taken[m.URN.Name()] = m.URN
		}
	}
	for _, m := range l.steps {
		if _, has := l.names[m.URN]; has {
			continue
		}
		name := m.URN.Name()
		if taken[name] != m.URN {
			name = free(taken, name, m.URN.Type())
			taken[name] = m.URN
		}
		l.names[m.URN] = name
	}
}

func free(taken map[string]resource.URN, name string, typ tokens.Type) string {
	kind := string(typ.Name())
	base := name + strings.ToUpper(kind[:min(1, len(kind))]) + kind[min(1, len(kind)):]
	out := base
	for n := 2; ; n++ {
		if _, has := taken[out]; !has {
			return out
		}
		out = fmt.Sprintf("%s%d", base, n)
	}
}
