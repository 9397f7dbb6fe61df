package enginetest

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Thing is the provider's resource as a program sees it.
type Thing struct {
	pulumi.CustomResourceState
	Value  pulumi.StringOutput  `pulumi:"value"`
	Serial pulumi.Float64Output `pulumi:"serial"`
}

// NewThing registers a thing.
func NewThing(ctx *pulumi.Context, name string, inputs pulumi.Map, opts ...pulumi.ResourceOption) (*Thing, error) {
	t := &Thing{}
	return t, ctx.RegisterResource(ThingType, name, inputs, t, append(opts, pulumi.Version("1.0.0"))...)
}

// Serve serves a program to the engine until the test ends, and returns its
// address.
func Serve(tb testing.TB, run pulumi.RunFunc) string {
	tb.Helper()
	addr, stop, err := ServeProgram(run)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return addr
}

// ServeProgram is Serve outside of a test. stop ends the server at once, like
// the death of the program's process.
func ServeProgram(run pulumi.RunFunc) (addr string, stop func(), err error) {
	return serve(&language{run: run})
}

func serve(runtime pulumirpc.LanguageRuntimeServer) (addr string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20))
	pulumirpc.RegisterLanguageRuntimeServer(s, runtime)
	go func() { _ = s.Serve(l) }() // it returns when the server is stopped
	return l.Addr().String(), s.Stop, nil
}

type language struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	run pulumi.RunFunc
}

// GetRequiredPackages implements the language protocol.
func (*language) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetPluginInfo implements the language protocol.
func (*language) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// Run implements the language protocol.
func (l *language) Run(ctx context.Context, r *pulumirpc.RunRequest) (out *pulumirpc.RunResponse, err error) {
	engine := ""
	if len(r.GetArgs()) > 0 {
		engine = r.GetArgs()[0]
	}
	pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		Project: r.GetProject(), Stack: r.GetStack(), Organization: r.GetOrganization(),
		Config: r.GetConfig(), ConfigSecretKeys: r.GetConfigSecretKeys(),
		Parallel: r.GetParallel(), DryRun: r.GetDryRun(), MonitorAddr: r.GetMonitorAddress(), EngineAddr: engine,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = pctx.Close() }() // the engine is done with it
	defer func() {
		if p := recover(); p != nil {
			out, err = &pulumirpc.RunResponse{Error: fmt.Sprintf("the program panicked: %v", p)}, nil
		}
	}()
	if err := pulumi.RunWithContext(pctx, l.run); err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}
