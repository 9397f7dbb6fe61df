package engine

import (
	"context"

	sdkdisplay "github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// engineImport is engine.Import with the resources of the request's import file,
// in the form of the engine's other functions.
func (op *operation) engineImport(info engine.UpdateInfo, ectx *engine.Context, opts engine.UpdateOptions, dryRun bool,
) (*deploy.Plan, sdkdisplay.ResourceChanges, error) {
	imports, err := op.imports()
	if err != nil {
		ectx.Events <- engine.NewCancelEvent()
		return nil, nil, err
	}
	return engine.Import(info, ectx, opts, imports, dryRun)
}

// imports reads the import file.
func (op *operation) imports() ([]deploy.Import, error) {
	f, err := parseImportFile(op.req.ImportFile)
	if err != nil {
		return nil, err
	}
	return f.resolve(importTarget{
		stack: op.req.Ref.Stack, project: string(op.req.Project.Name), protect: !op.req.Unprotected,
		secrets: op.secrets.Decrypter(),
	})
}

// noProgram stands for a program whose language is not installed. An import asks
// it for nothing but the packages that the program uses.
type noProgram struct{ plugin.LanguageRuntime }

// GetRequiredPackages implements plugin.LanguageRuntime.
func (noProgram) GetRequiredPackages(context.Context, plugin.ProgramInfo,
) ([]workspace.PackageDescriptor, []workspace.PackageSpec, error) {
	return nil, nil, nil
}

// Close implements plugin.LanguageRuntime.
func (noProgram) Close() error { return nil }
