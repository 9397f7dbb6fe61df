// Command plugin is a provider plugin for package "test", for tests that need a
// real process. It appends each call to the file that TEST_PLUGIN_LOG names. Its
// one type is test:index:Thing; these inputs have a meaning when one is created:
//
//   - exit: true ends the process in the middle of the call
//   - fifo: the call waits until somebody writes to this named pipe
//   - fail: true makes the call fail, unavailable: true with a code that is also
//     that of a lost connection
//
// The configuration "region" is logged; the region "nowhere" is refused.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve does what providers that are written in Go do: it connects to the engine,
// watches its health, serves until it is interrupted, and says where.
func serve() error {
	if len(os.Args) != 2 {
		return errors.New("usage: pulumi-resource-test ENGINE-ADDRESS")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := rpcutil.Healthcheck(ctx, os.Args[1], time.Minute, stop); err != nil {
		return err
	}
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(s, &thing{engine: pulumirpc.NewEngineClient(conn)})
	go func() {
		<-ctx.Done()
		s.GracefulStop()
	}()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	return s.Serve(l)
}

type thing struct {
	pulumirpc.UnimplementedResourceProviderServer
	engine pulumirpc.EngineClient

	mu     sync.Mutex
	region string
	serial int
}

// note appends a call to the log.
func (p *thing) note(call, urn string) error {
	f, err := os.OpenFile(os.Getenv("TEST_PLUGIN_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	c := enginetest.PluginCall{PID: os.Getpid(), Call: call, URN: urn, Region: p.region}
	if call == "Configure" {
		c.Env = slices.Sorted(slices.Values(os.Environ()))
		c.Dir, _ = os.Getwd() // "" says that there is none
	}
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return err
}

func (*thing) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

func (*thing) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (p *thing) Parameterize(_ context.Context, r *pulumirpc.ParameterizeRequest) (*pulumirpc.ParameterizeResponse, error) {
	v := r.GetValue()
	return &pulumirpc.ParameterizeResponse{Name: v.GetName(), Version: v.GetVersion()}, p.note("Parameterize", "")
}

func (p *thing) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, p.note("CheckConfig", r.GetUrn())
}

func (*thing) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (p *thing) Configure(_ context.Context, r *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.region = r.GetArgs().GetFields()["region"].GetStringValue()
	if p.region == "nowhere" {
		return nil, status.Error(codes.InvalidArgument, "there is no such region")
	}
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true}, p.note("Configure", r.GetUrn())
}

func (p *thing) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, p.note("Check", r.GetUrn())
}

func (*thing) Diff(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (p *thing) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if err := p.note("Create", r.GetUrn()); err != nil || r.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: r.GetProperties()}, err
	}
	in := r.GetProperties().GetFields()
	if in["exit"].GetBoolValue() {
		fmt.Fprintln(os.Stderr, "out of memory, so to speak")
		os.Exit(3)
	}
	if fifo := in["fifo"].GetStringValue(); fifo != "" {
		if _, err := os.ReadFile(fifo); err != nil {
			return nil, err
		}
	}
	if in["unavailable"].GetBoolValue() {
		return nil, status.Error(codes.Unavailable, "come back later")
	}
	if in["fail"].GetBoolValue() {
		return nil, status.Error(codes.Unknown, "the cloud said no")
	}
	p.mu.Lock()
	p.serial++
	id := fmt.Sprintf("thing-%d-%d", os.Getpid(), p.serial)
	p.mu.Unlock()
	_, err := p.engine.Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Message: "made " + r.GetUrn()})
	return &pulumirpc.CreateResponse{Id: id, Properties: r.GetProperties()}, err
}

func (p *thing) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: r.GetId(), Properties: r.GetProperties(), Inputs: r.GetInputs()}, p.note("Read", r.GetUrn())
}

func (p *thing) Update(_ context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	return &pulumirpc.UpdateResponse{Properties: r.GetNews()}, p.note("Update", r.GetUrn())
}

func (p *thing) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, p.note("Delete", r.GetUrn())
}

// Cancel lets what is in flight go on.
func (*thing) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
