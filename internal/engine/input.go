package engine

import (
	"maps"

	naming "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/autonaming"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/autonaming"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pkgworkspace "github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/esc"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// engineInput returns what the engine's functions take.
func (op *operation) engineInput() (engine.UpdateInfo, engine.UpdateOptions, error) {
	none := func(err error) (engine.UpdateInfo, engine.UpdateOptions, error) {
		return engine.UpdateInfo{}, engine.UpdateOptions{}, err
	}
	name, err := tokens.ParseStackName(op.req.Ref.Stack)
	if err != nil {
		return none(gitops.Errorf(gitops.Invalid, "stack name %q: %w", op.req.Ref.Stack, err))
	}
	project := op.req.Project
	if err := plugin.ValidatePulumiVersionRange(project.RequiredPulumiVersion, PulumiVersion); err != nil {
		return none(gitops.Errorf(gitops.Invalid, "Pulumi.yaml: %w", err))
	}
	cfg, err := op.config()
	if err != nil {
		return none(err)
	}
	autonamer, err := op.autonamer(cfg)
	if err != nil {
		return none(err)
	}
	parallel := op.req.Parallel
	if parallel <= 0 {
		parallel = DefaultParallel
	}
	plan, err := op.readPlan()
	if err != nil {
		return none(err)
	}
	target := &deploy.Target{
		Name: name, Organization: organization, Config: cfg, Tags: op.req.Tags,
		Decrypter: op.secrets.Decrypter(), Snapshot: op.base.snapshot,
	}
	sw := op.req.Switches
	return engine.UpdateInfo{Root: op.req.Root, Project: project, Target: target}, engine.UpdateOptions{
		Parallel: int32(parallel), SkipPluginPreInstall: true, HostFactory: op.newHost, Autonamer: autonamer,
		Targets: deploy.NewUrnTargets(op.req.Targets), Excludes: deploy.NewUrnTargets(op.req.Excludes),
		ReplaceTargets:   deploy.NewUrnTargets(op.req.Replaces),
		TargetDependents: op.req.TargetDependents, ExcludeDependents: op.req.ExcludeDependents,
		ContinueOnError: op.req.ContinueOnError,
		Refresh:         op.req.Refresh,
		RefreshProgram:  op.req.RunProgram, DestroyProgram: op.req.RunProgram,
		LocalPolicyPacks: op.policyPacks(), Plan: plan, GeneratePlan: op.req.MakePlan || sw.Experimental,
		Experimental: sw.Experimental, ParallelDiff: sw.ParallelDiff, Debug: sw.Debug,
		UseLegacyDiff: sw.LegacyDiff, UseLegacyRefreshDiff: sw.LegacyRefreshDiff,
		DisableProviderPreview: sw.NoProviderPreview, DisableResourceReferences: sw.NoResourceReferences,
		DisableOutputValues: sw.NoOutputValues,
	}, nil
}

func (op *operation) policyPacks() []engine.LocalPolicyPack {
	var packs []engine.LocalPolicyPack
	for _, p := range op.req.Policies {
		packs = append(packs, engine.LocalPolicyPack{Path: p.Path, Config: p.Config})
	}
	return packs
}

// config returns the request's configuration with the defaults of Pulumi.yaml
// in it. It is checked against Pulumi.yaml when the program is going to read it.
func (op *operation) config() (config.Map, error) {
	cfg := maps.Clone(op.req.Config)
	if len(op.req.Project.Config) == 0 {
		return cfg, nil
	}
	apply := pkgworkspace.ApplyProjectConfig
	if op.req.Operation == gitops.Update || op.req.RunProgram {
		apply = pkgworkspace.ValidateStackConfigAndApplyProjectConfig
	}
	err := apply(op.ctx, op.req.Ref.Stack, op.req.Project, esc.Value{}, cfg, op.secrets.Encrypter(), op.secrets.Decrypter())
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "validating stack config: %w", err)
	}
	return cfg, nil
}

// autonamer reads pulumi:autonaming; nil means Pulumi's own way.
func (op *operation) autonamer(cfg config.Map) (autonaming.Autonamer, error) {
	a, err := naming.ParseAutonamingConfig(naming.StackContext{
		Organization: organization, Project: op.req.Ref.Project, Stack: op.req.Ref.Stack,
	}, cfg, op.secrets.Decrypter())
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "getting autonaming config: %w", err)
	}
	return a, nil
}
