package cloud

import (
	"context"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// GetPluginInfo implements the provider protocol.
func (*Cloud) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// Attach implements the provider protocol: the engine's address is not needed.
func (*Cloud) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Handshake implements the provider protocol.
func (*Cloud) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true, SupportsAutonamingConfiguration: true}, nil
}

// Cancel implements the provider protocol.
func (*Cloud) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// CheckConfig implements the provider protocol. The region "bad" is refused.
func (c *Cloud) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	c.note("CheckConfig", name(r.GetUrn()), r.GetOlds(), r.GetNews())
	if r.GetNews().GetFields()["region"].GetStringValue() == "bad" {
		return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Property: "region", Reason: "there is no such region"}}}, nil
	}
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

// DiffConfig implements the provider protocol. Another account replaces the
// provider and everything that it made.
func (c *Cloud) DiffConfig(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	c.note("DiffConfig", name(r.GetUrn()), r.GetOldInputs(), r.GetNews())
	out := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	for _, key := range []string{"account", "region"} {
		if !proto.Equal(r.GetOldInputs().GetFields()[key], r.GetNews().GetFields()[key]) {
			out.Changes = pulumirpc.DiffResponse_DIFF_SOME
			out.Diffs = append(out.Diffs, key)
			if key == "account" {
				out.Replaces = append(out.Replaces, key)
			}
		}
	}
	return out, nil
}

// Configure implements the provider protocol.
func (c *Cloud) Configure(_ context.Context, r *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	c.note("Configure", fmt.Sprint(len(r.GetVariables())), r.GetArgs())
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets: true, SupportsPreview: true, AcceptResources: true, SupportsAutonamingConfiguration: true,
	}, nil
}

// Invoke implements the provider protocol.
func (c *Cloud) Invoke(_ context.Context, r *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	c.note("Invoke", r.GetTok(), r.GetArgs())
	switch r.GetTok() {
	case "test:index:echo":
		out := copied(r.GetArgs())
		out.Fields["echoed"] = structpb.NewBoolValue(true)
		return &pulumirpc.InvokeResponse{Return: out}, nil
	case "test:index:refuse":
		return &pulumirpc.InvokeResponse{Failures: []*pulumirpc.CheckFailure{{Property: "value", Reason: "is refused"}}}, nil
	case "test:index:fail":
		return nil, status.Error(codes.Unknown, "the function failed")
	}
	return nil, status.Errorf(codes.NotFound, "no function %s", r.GetTok())
}

// GetSchema implements the provider protocol.
func (c *Cloud) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: `{"name":"test","version":"1.0.0"}`}, nil
}
