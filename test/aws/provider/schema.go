package provider

import (
	"encoding/json"
	"io"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/spf13/afero"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
)

// schema makes Pulumi's schema of the whole package: 20 seconds and 1.5 GB, for
// the few who ask for it. Engines do not.
func schema(p info.Provider) ([]byte, error) {
	g, err := tfgen.NewGenerator(tfgen.GeneratorOptions{
		Package: p.Name, Version: p.Version, Language: tfgen.Schema, ProviderInfo: p,
		Root: afero.NewMemMapFs(), Sink: diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs: true, SkipExamples: true,
	})
	if err != nil {
		return nil, err
	}
	s, err := g.Generate()
	if err != nil {
		return nil, err
	}
	s.PackageSpec.Version = p.Version
	return json.Marshal(s.PackageSpec)
}
