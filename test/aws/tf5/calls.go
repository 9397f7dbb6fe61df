package tf5

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"google.golang.org/grpc"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// Server offers a pool's processes as what the bridge expects. Only the calls
// that the bridge makes are there; a nil dereference tells of another one.
type Server struct {
	tfprotov6.ProviderServer
	pool  *Pool
	types map[string]string
}

// Server returns the pool as a protocol 6 server. types gives further names to
// types: a name that the provider does not know → the type that is meant.
func (p *Pool) Server(types map[string]string) Server { return Server{pool: p, types: types} }

// real returns the type that a name stands for.
func (s Server) real(name string) string {
	if other, ok := s.types[name]; ok {
		return other
	}
	return name
}

// ask makes one call to the process of the connection that ctx is about.
func ask[Req, Res, Out any](ctx context.Context, s Server,
	method func(pb.ProviderClient, context.Context, Req, ...grpc.CallOption) (Res, error), req Req, answer func(Res) Out,
) (out Out, err error) {
	process, err := s.pool.of(ctx)
	if err != nil {
		return out, err
	}
	res, err := method(process.client, ctx, req)
	if err != nil {
		return out, err
	}
	return answer(res), nil
}

// GetProviderSchema implements tfprotov6.ProviderServer.
func (s Server) GetProviderSchema(ctx context.Context, _ *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	r, err := ask(ctx, s, pb.ProviderClient.GetSchema, &pb.GetProviderSchema_Request{},
		func(x *pb.GetProviderSchema_Response) *pb.GetProviderSchema_Response { return x })
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
	for name, other := range s.types {
		if schema := out.ResourceSchemas[other]; schema != nil {
			out.ResourceSchemas[name] = schema
		}
	}
	out.DataSourceSchemas, err = fromSchemas(r.DataSourceSchemas)
	if c := r.ServerCapabilities; c != nil {
		out.ServerCapabilities = &tfprotov6.ServerCapabilities{PlanDestroy: c.PlanDestroy, GetProviderSchemaOptional: c.GetProviderSchemaOptional}
	}
	return out, err
}

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateProviderConfig(ctx context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return ask(ctx, s, pb.ProviderClient.PrepareProviderConfig, &pb.PrepareProviderConfig_Request{Config: to(r.Config)},
		func(x *pb.PrepareProviderConfig_Response) *tfprotov6.ValidateProviderConfigResponse {
			return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: from(x.PreparedConfig), Diagnostics: fromDiagnostics(x.Diagnostics)}
		})
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (s Server) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	x, err := s.pool.configure(ctx, &pb.Configure_Request{TerraformVersion: r.TerraformVersion, Config: to(r.Config)})
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ConfigureProviderResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}, nil
}

// ValidateResourceConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ValidateResourceTypeConfig,
		&pb.ValidateResourceTypeConfig_Request{TypeName: s.real(r.TypeName), Config: to(r.Config)},
		func(x *pb.ValidateResourceTypeConfig_Response) *tfprotov6.ValidateResourceConfigResponse {
			return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}
		})
}

// UpgradeResourceState implements tfprotov6.ProviderServer.
func (s Server) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	q := &pb.UpgradeResourceState_Request{TypeName: s.real(r.TypeName), Version: r.Version}
	if r.RawState != nil {
		q.RawState = &pb.RawState{Json: r.RawState.JSON, Flatmap: r.RawState.Flatmap}
	}
	return ask(ctx, s, pb.ProviderClient.UpgradeResourceState, q,
		func(x *pb.UpgradeResourceState_Response) *tfprotov6.UpgradeResourceStateResponse {
			return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: from(x.UpgradedState), Diagnostics: fromDiagnostics(x.Diagnostics)}
		})
}

// ReadResource implements tfprotov6.ProviderServer.
func (s Server) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ReadResource, &pb.ReadResource_Request{
		TypeName: s.real(r.TypeName), CurrentState: to(r.CurrentState), Private: r.Private, ProviderMeta: to(r.ProviderMeta),
	}, func(x *pb.ReadResource_Response) *tfprotov6.ReadResourceResponse {
		return &tfprotov6.ReadResourceResponse{NewState: from(x.NewState), Diagnostics: fromDiagnostics(x.Diagnostics), Private: x.Private}
	})
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (s Server) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return ask(ctx, s, pb.ProviderClient.PlanResourceChange, &pb.PlanResourceChange_Request{
		TypeName: s.real(r.TypeName), PriorState: to(r.PriorState), ProposedNewState: to(r.ProposedNewState),
		Config: to(r.Config), PriorPrivate: r.PriorPrivate, ProviderMeta: to(r.ProviderMeta),
	}, func(x *pb.PlanResourceChange_Response) *tfprotov6.PlanResourceChangeResponse {
		return &tfprotov6.PlanResourceChangeResponse{
			PlannedState: from(x.PlannedState), RequiresReplace: fromPaths(x.RequiresReplace), PlannedPrivate: x.PlannedPrivate,
			Diagnostics: fromDiagnostics(x.Diagnostics), UnsafeToUseLegacyTypeSystem: x.LegacyTypeSystem, //nolint:staticcheck
		}
	})
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (s Server) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ApplyResourceChange, &pb.ApplyResourceChange_Request{
		TypeName: s.real(r.TypeName), PriorState: to(r.PriorState), PlannedState: to(r.PlannedState),
		Config: to(r.Config), PlannedPrivate: r.PlannedPrivate, ProviderMeta: to(r.ProviderMeta),
	}, func(x *pb.ApplyResourceChange_Response) *tfprotov6.ApplyResourceChangeResponse {
		return &tfprotov6.ApplyResourceChangeResponse{
			NewState: from(x.NewState), Private: x.Private, Diagnostics: fromDiagnostics(x.Diagnostics),
			UnsafeToUseLegacyTypeSystem: x.LegacyTypeSystem, //nolint:staticcheck
		}
	})
}

// ImportResourceState implements tfprotov6.ProviderServer.
func (s Server) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ImportResourceState, &pb.ImportResourceState_Request{TypeName: s.real(r.TypeName), Id: r.ID},
		func(x *pb.ImportResourceState_Response) *tfprotov6.ImportResourceStateResponse {
			out := &tfprotov6.ImportResourceStateResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}
			for _, i := range x.ImportedResources {
				name := i.TypeName
				if name == s.real(r.TypeName) {
					name = r.TypeName // as it was asked for
				}
				out.ImportedResources = append(out.ImportedResources, &tfprotov6.ImportedResource{TypeName: name, State: from(i.State), Private: i.Private})
			}
			return out
		})
}

// ValidateDataResourceConfig implements tfprotov6.ProviderServer.
func (s Server) ValidateDataResourceConfig(ctx context.Context, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ValidateDataSourceConfig,
		&pb.ValidateDataSourceConfig_Request{TypeName: r.TypeName, Config: to(r.Config)},
		func(x *pb.ValidateDataSourceConfig_Response) *tfprotov6.ValidateDataResourceConfigResponse {
			return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: fromDiagnostics(x.Diagnostics)}
		})
}

// ReadDataSource implements tfprotov6.ProviderServer.
func (s Server) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return ask(ctx, s, pb.ProviderClient.ReadDataSource,
		&pb.ReadDataSource_Request{TypeName: r.TypeName, Config: to(r.Config), ProviderMeta: to(r.ProviderMeta)},
		func(x *pb.ReadDataSource_Response) *tfprotov6.ReadDataSourceResponse {
			return &tfprotov6.ReadDataSourceResponse{State: from(x.State), Diagnostics: fromDiagnostics(x.Diagnostics)}
		})
}
