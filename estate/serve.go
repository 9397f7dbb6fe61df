package estate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxMessage is how large one message of the engine may be, in bytes. It is
// Pulumi's own limit.
const maxMessage = 400 << 20

// serve runs stacks for engines until stdin ends. The only line it writes to
// stdout says where it listens.
func (p *program) serve(stdin io.Reader, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterLanguageRuntimeServer(server, runtimeServer{program: p})
	hello := struct {
		Trunkline int    `json:"trunkline"`
		Address   string `json:"address"`
	}{1, listener.Addr().String()}
	if err := json.NewEncoder(stdout).Encode(hello); err != nil {
		return fmt.Errorf("announce the address: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // ends when the driver closes it or dies
		server.Stop()
	}()
	return server.Serve(listener)
}

// runtimeServer is the LanguageRuntime of the compiled program. It runs any
// number of stacks at once.
type runtimeServer struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	program *program
}

func (runtimeServer) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (runtimeServer) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (runtimeServer) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// Run runs one stack. What goes wrong inside the program is in the response;
// an error is only a failure to talk to the engine.
func (s runtimeServer) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	engine := ""
	if args := r.GetArgs(); len(args) > 0 {
		engine = args[0]
	}
	pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		Project: r.GetProject(), Stack: r.GetStack(), Organization: r.GetOrganization(),
		RootDirectory: r.GetInfo().GetRootDirectory(),
		Config:        r.GetConfig(), ConfigSecretKeys: r.GetConfigSecretKeys(),
		Parallel: r.GetParallel(), DryRun: r.GetDryRun(),
		MonitorAddr: r.GetMonitorAddress(), EngineAddr: engine,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = pctx.Close() }()
	if err := s.program.runSafely(pctx); err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// runSafely runs the stack and turns a panic of its main goroutine into an
// error with the line that caused it.
func (p *program) runSafely(pctx *pulumi.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(p.module, r)
		}
	}()
	var built error
	err = pulumi.RunWithContext(pctx, func(ctx *pulumi.Context) error {
		built = p.run(ctx)
		return built
	})
	if built != nil {
		return built
	}
	return err
}
