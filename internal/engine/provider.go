package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// localProvider is a client of a provider in this process. It calls the
// server's methods without a socket and without serialising.
//
// It behaves like a connection of its own: the end of the call's context, or of
// stop, ends the call for the caller; a panic is an error; and ending the
// connection does not end the server, which other operations share.
type localProvider struct {
	server pulumirpc.ResourceProviderServer
	// stop is closed when the operation that owns this client is terminated.
	stop <-chan struct{}
}

var _ pulumirpc.ResourceProviderClient = localProvider{}

func call[Req, Res any](p localProvider, ctx context.Context, in Req, method func(context.Context, Req) (Res, error)) (Res, error) {
	type answer struct {
		res Res
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if r := recover(); r != nil {
				a.err = status.Error(codes.Internal, fmt.Sprintf("the provider panicked: %v\n%s", r, debug.Stack()))
			}
			done <- a
		}()
		a.res, a.err = method(ctx, in)
	}()
	var none Res
	select {
	case a := <-done:
		if a.err != nil {
			return none, status.Convert(a.err).Err()
		}
		return a.res, nil
	case <-ctx.Done():
		return none, status.FromContextError(ctx.Err()).Err()
	case <-p.stop:
		return none, status.Error(codes.Canceled, "the operation was stopped")
	}
}

func (p localProvider) Handshake(ctx context.Context, in *pulumirpc.ProviderHandshakeRequest, _ ...grpc.CallOption) (*pulumirpc.ProviderHandshakeResponse, error) {
	return call(p, ctx, in, p.server.Handshake)
}

func (p localProvider) Parameterize(ctx context.Context, in *pulumirpc.ParameterizeRequest, _ ...grpc.CallOption) (*pulumirpc.ParameterizeResponse, error) {
	return call(p, ctx, in, p.server.Parameterize)
}

func (p localProvider) GetSchema(ctx context.Context, in *pulumirpc.GetSchemaRequest, _ ...grpc.CallOption) (*pulumirpc.GetSchemaResponse, error) {
	return call(p, ctx, in, p.server.GetSchema)
}

func (p localProvider) CheckConfig(ctx context.Context, in *pulumirpc.CheckRequest, _ ...grpc.CallOption) (*pulumirpc.CheckResponse, error) {
	return call(p, ctx, in, p.server.CheckConfig)
}

func (p localProvider) DiffConfig(ctx context.Context, in *pulumirpc.DiffRequest, _ ...grpc.CallOption) (*pulumirpc.DiffResponse, error) {
	return call(p, ctx, in, p.server.DiffConfig)
}

func (p localProvider) Configure(ctx context.Context, in *pulumirpc.ConfigureRequest, _ ...grpc.CallOption) (*pulumirpc.ConfigureResponse, error) {
	return call(p, ctx, in, p.server.Configure)
}

func (p localProvider) Invoke(ctx context.Context, in *pulumirpc.InvokeRequest, _ ...grpc.CallOption) (*pulumirpc.InvokeResponse, error) {
	return call(p, ctx, in, p.server.Invoke)
}

func (p localProvider) Call(ctx context.Context, in *pulumirpc.CallRequest, _ ...grpc.CallOption) (*pulumirpc.CallResponse, error) {
	return call(p, ctx, in, p.server.Call)
}

func (p localProvider) Check(ctx context.Context, in *pulumirpc.CheckRequest, _ ...grpc.CallOption) (*pulumirpc.CheckResponse, error) {
	return call(p, ctx, in, p.server.Check)
}

func (p localProvider) Diff(ctx context.Context, in *pulumirpc.DiffRequest, _ ...grpc.CallOption) (*pulumirpc.DiffResponse, error) {
	return call(p, ctx, in, p.server.Diff)
}

func (p localProvider) Create(ctx context.Context, in *pulumirpc.CreateRequest, _ ...grpc.CallOption) (*pulumirpc.CreateResponse, error) {
	return call(p, ctx, in, p.server.Create)
}

func (p localProvider) Read(ctx context.Context, in *pulumirpc.ReadRequest, _ ...grpc.CallOption) (*pulumirpc.ReadResponse, error) {
	return call(p, ctx, in, p.server.Read)
}

func (p localProvider) Update(ctx context.Context, in *pulumirpc.UpdateRequest, _ ...grpc.CallOption) (*pulumirpc.UpdateResponse, error) {
	return call(p, ctx, in, p.server.Update)
}

func (p localProvider) Delete(ctx context.Context, in *pulumirpc.DeleteRequest, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	return call(p, ctx, in, p.server.Delete)
}

func (p localProvider) Construct(ctx context.Context, in *pulumirpc.ConstructRequest, _ ...grpc.CallOption) (*pulumirpc.ConstructResponse, error) {
	return call(p, ctx, in, p.server.Construct)
}

func (p localProvider) GetPluginInfo(ctx context.Context, in *emptypb.Empty, _ ...grpc.CallOption) (*pulumirpc.PluginInfo, error) {
	return call(p, ctx, in, p.server.GetPluginInfo)
}

func (p localProvider) GetMapping(ctx context.Context, in *pulumirpc.GetMappingRequest, _ ...grpc.CallOption) (*pulumirpc.GetMappingResponse, error) {
	return call(p, ctx, in, p.server.GetMapping)
}

func (p localProvider) GetMappings(ctx context.Context, in *pulumirpc.GetMappingsRequest, _ ...grpc.CallOption) (*pulumirpc.GetMappingsResponse, error) {
	return call(p, ctx, in, p.server.GetMappings)
}

// List streams, which nothing here asks for.
func (p localProvider) List(context.Context, *pulumirpc.ListRequest, ...grpc.CallOption) (grpc.ServerStreamingClient[pulumirpc.ListResponse], error) {
	return nil, status.Error(codes.Unimplemented, "a provider in this process cannot list")
}

// Cancel ends this client's use of the provider; the provider itself goes on.
func (p localProvider) Cancel(context.Context, *emptypb.Empty, ...grpc.CallOption) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Attach has nothing to attach to.
func (p localProvider) Attach(context.Context, *pulumirpc.PluginAttach, ...grpc.CallOption) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
