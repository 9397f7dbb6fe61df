package tf5

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// Server offers a process as what the bridge expects. Only the calls that the
// bridge makes are there; a nil dereference tells of another one.
type Server struct {
	tfprotov6.ProviderServer
	process *Process
}

// Server returns the process as a protocol 6 server.
func (p *Process) Server() Server { return Server{process: p} }

func (s Server) client() pb.ProviderClient { return s.process.client }

// GetProviderSchema implements tfprotov6.ProviderServer.
func (s Server) GetProviderSchema(ctx context.Context, _ *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	r, err := s.client().GetSchema(ctx, &pb.GetProviderSchema_Request{})
	if err != nil {
		return nil, err
	}
	out := &tfprotov6.GetProviderSchemaResponse{Diagnostics: fromDiagnostics(r.Diagnostics)}
	if out.Provider, err = fromSchema(r.Provider); err != nil {
		return nil, err
	}
	if out.ProviderMeta, err = fromSchema(r.ProviderMeta); err != nil {
		return nil, err
	}
	if out.ResourceSchemas, err = fromSchemas(r.ResourceSchemas); err != nil {
		return nil, err
	}
	out.DataSourceSchemas, err = fromSchemas(r.DataSourceSchemas)
	if c := r.ServerCapabilities; c != nil {
		out.ServerCapabilities = &tfprotov6.ServerCapabilities{PlanDestroy: c.PlanDestroy, GetProviderSchemaOptional: c.GetProviderSchemaOptional}
	}
	return out, err
}

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateProviderConfig(ctx context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	x, err := s.client().PrepareProviderConfig(ctx, &pb.PrepareProviderConfig_Request{Config: to(r.Config)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: from(x.PreparedConfig), Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (s Server) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	x, err := s.client().Configure(ctx, &pb.Configure_Request{TerraformVersion: r.TerraformVersion, Config: to(r.Config)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ConfigureProviderResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// StopProvider implements tfprotov6.ProviderServer.
func (s Server) StopProvider(ctx context.Context, _ *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	x, err := s.client().Stop(ctx, &pb.Stop_Request{})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.StopProviderResponse{Error: x.Error}, nil
}

// ValidateResourceConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	x, err := s.client().ValidateResourceTypeConfig(ctx, &pb.ValidateResourceTypeConfig_Request{TypeName: r.TypeName, Config: to(r.Config)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// UpgradeResourceState implements tfprotov6.ProviderServer.
func (s Server) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	q := &pb.UpgradeResourceState_Request{TypeName: r.TypeName, Version: r.Version}
	if r.RawState != nil {
		q.RawState = &pb.RawState{Json: r.RawState.JSON, Flatmap: r.RawState.Flatmap}
	}
	x, err := s.client().UpgradeResourceState(ctx, q)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: from(x.UpgradedState), Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// ReadResource implements tfprotov6.ProviderServer.
func (s Server) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	x, err := s.client().ReadResource(ctx, &pb.ReadResource_Request{
		TypeName: r.TypeName, CurrentState: to(r.CurrentState), Private: r.Private, ProviderMeta: to(r.ProviderMeta),
	})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ReadResourceResponse{NewState: from(x.NewState), Diagnostics: fromDiagnostics(x.Diagnostics), Private: x.Private}, nil
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (s Server) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	x, err := s.client().PlanResourceChange(ctx, &pb.PlanResourceChange_Request{
		TypeName: r.TypeName, PriorState: to(r.PriorState), ProposedNewState: to(r.ProposedNewState),
		Config: to(r.Config), PriorPrivate: r.PriorPrivate, ProviderMeta: to(r.ProviderMeta),
	})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.PlanResourceChangeResponse{
		PlannedState: from(x.PlannedState), RequiresReplace: fromPaths(x.RequiresReplace), PlannedPrivate: x.PlannedPrivate,
		Diagnostics: fromDiagnostics(x.Diagnostics), UnsafeToUseLegacyTypeSystem: x.LegacyTypeSystem, //nolint:staticcheck
	}, nil
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (s Server) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	x, err := s.client().ApplyResourceChange(ctx, &pb.ApplyResourceChange_Request{
		TypeName: r.TypeName, PriorState: to(r.PriorState), PlannedState: to(r.PlannedState),
		Config: to(r.Config), PlannedPrivate: r.PlannedPrivate, ProviderMeta: to(r.ProviderMeta),
	})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ApplyResourceChangeResponse{
		NewState: from(x.NewState), Private: x.Private, Diagnostics: fromDiagnostics(x.Diagnostics),
		UnsafeToUseLegacyTypeSystem: x.LegacyTypeSystem, //nolint:staticcheck
	}, nil
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (s Server) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	x, err := s.client().ImportResourceState(ctx, &pb.ImportResourceState_Request{TypeName: r.TypeName, Id: r.ID})
	if err != nil {
		return nil, err
	}
	out := &tfprotov6.ImportResourceStateResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}
	for _, i := range x.ImportedResources {
		out.ImportedResources = append(out.ImportedResources, &tfprotov6.ImportedResource{TypeName: i.TypeName, State: from(i.State), Private: i.Private})
	}
	return out, nil
}

// ValidateDataResourceConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateDataResourceConfig(ctx context.Context, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	x, err := s.client().ValidateDataSourceConfig(ctx, &pb.ValidateDataSourceConfig_Request{TypeName: r.TypeName, Config: to(r.Config)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// ReadDataSource implements tfprotov6.ProviderServer.
func (s Server) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	x, err := s.client().ReadDataSource(ctx, &pb.ReadDataSource_Request{TypeName: r.TypeName, Config: to(r.Config), ProviderMeta: to(r.ProviderMeta)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ReadDataSourceResponse{State: from(x.State), Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}
