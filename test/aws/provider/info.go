// Package provider serves the types of the pulumi-aws SDK over the unmodified
// terraform-provider-aws, through Pulumi's Terraform bridge. It is not
// pulumi-aws: state does not move from one to the other.
package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// Version is the version of the SDK that the provider answers for.
const Version = "6.83.2"

// describe tells the bridge what the mapping says.
func describe(p shim.Provider, m *mapping.Mapping) info.Provider {
	out := info.Provider{
		P: p, Name: "aws", Version: Version, ResourcePrefix: "aws",
		MetadataInfo:                  &info.Metadata{Data: tfbridge.ProviderMetadata(nil)},
		EnableAccuratePFBridgePreview: true,
		Resources:                     map[string]*info.Resource{},
		DataSources:                   map[string]*info.DataSource{},
		Config:                        settings(m),
	}
	schemas := p.ResourcesMap()
	for name, e := range m.Resources {
		r := &info.Resource{Tok: tokens.Type(e.Token), Fields: fields(e.Fields), PreCheckCallback: texts(e)}
		if r.Fields == nil {
			r.Fields = map[string]*info.Schema{}
		}
		nameIt(name, e, r, schemas.Get(name).Schema())
		out.Resources[name] = r
	}
	for name, e := range m.Functions {
		out.DataSources[name] = &info.DataSource{Tok: tokens.ModuleMember(e.Token), Fields: fields(e.Fields)}
	}
	return out
}

func fields(all map[string]*mapping.Field) map[string]*info.Schema {
	if len(all) == 0 {
		return nil
	}
	out := make(map[string]*info.Schema, len(all))
	for attribute, f := range all {
		out[attribute] = field(f)
	}
	return out
}

func field(f *mapping.Field) *info.Schema {
	if f == nil {
		return nil
	}
	return &info.Schema{Name: f.Name, MaxItemsOne: f.One, Elem: field(f.Each), Fields: fields(f.Fields)}
}

// settings are the provider's own, with the defaults that pulumi-aws documents:
// https://www.pulumi.com/registry/packages/aws/installation-configuration/
func settings(m *mapping.Mapping) map[string]*info.Schema {
	out := fields(m.Provider)
	for attribute, d := range map[string]*info.Default{
		"region":                  {EnvVars: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}},
		"skip_metadata_api_check": {Value: true},
		"skip_region_validation":  {Value: true},
	} {
		if out[attribute] == nil {
			out[attribute] = &info.Schema{}
		}
		out[attribute].Default = d
	}
	return out
}
