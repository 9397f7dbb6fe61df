package plugins

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
)

// relay is the engine as one process sees it, for as long as the process lives.
// It hands calls on to the engine of the operation that has the process.
type relay struct {
	pulumirpc.UnimplementedEngineServer
	server *grpc.Server
	addr   string

	mu     sync.Mutex
	client pulumirpc.EngineClient // nil: nobody has the process
	conn   *grpc.ClientConn
	flying *sync.WaitGroup // calls to client
	ctx    context.Context // ends calls to client that do not end
	cancel context.CancelFunc
}

// patience is how long a detached operation waits for the last words that it
// caused.
const patience = time.Second

func newRelay() (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{server: grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20)), addr: l.Addr().String()}
	pulumirpc.RegisterEngineServer(r.server, r)
	go func() { _ = r.server.Serve(l) }() // it returns when the server is stopped
	return r, nil
}

// attach hands calls on to the engine at addr from now on.
func (r *relay) attach(addr string) error {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithNoProxy(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return err
	}
	r.detach()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn, r.client, r.flying = conn, pulumirpc.NewEngineClient(conn), &sync.WaitGroup{}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return nil
}

// detach returns when the engine has heard what was under way to it. What comes
// later comes too late for the operation that it is about, and is dropped: it
// must not show up in the next one.
func (r *relay) detach() {
	r.mu.Lock()
	conn, flying, cancel := r.conn, r.flying, r.cancel
	r.conn, r.client = nil, nil
	r.mu.Unlock()
	if conn == nil {
		return
	}
	late := time.AfterFunc(patience, cancel)
	flying.Wait()
	late.Stop()
	cancel()
	_ = conn.Close() // nothing is sent any more
}

func (r *relay) close() {
	r.detach()
	r.server.Stop()
}

var errDetached = errors.New("no operation has this process")

// pass hands one call on.
func pass[Req, Res any](r *relay, ctx context.Context, in Req,
	method func(pulumirpc.EngineClient, context.Context, Req, ...grpc.CallOption) (Res, error),
) (Res, error) {
	var none Res
	r.mu.Lock()
	client, flying, end := r.client, r.flying, r.ctx
	if client == nil {
		r.mu.Unlock()
		return none, errDetached
	}
	flying.Add(1)
	r.mu.Unlock()
	defer flying.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(end, cancel)()
	return method(client, ctx, in)
}

// Log implements the engine's protocol. A provider must not fail because its
// words come too late.
func (r *relay) Log(ctx context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	out, err := pass(r, ctx, in, pulumirpc.EngineClient.Log)
	if errors.Is(err, errDetached) {
		return &emptypb.Empty{}, nil
	}
	return out, err
}

// GetRootResource implements the engine's protocol.
func (r *relay) GetRootResource(ctx context.Context, in *pulumirpc.GetRootResourceRequest) (*pulumirpc.GetRootResourceResponse, error) {
	return known(pass(r, ctx, in, pulumirpc.EngineClient.GetRootResource))
}

// SetRootResource implements the engine's protocol.
func (r *relay) SetRootResource(ctx context.Context, in *pulumirpc.SetRootResourceRequest) (*pulumirpc.SetRootResourceResponse, error) {
	return known(pass(r, ctx, in, pulumirpc.EngineClient.SetRootResource))
}

// StartDebugging implements the engine's protocol.
func (r *relay) StartDebugging(ctx context.Context, in *pulumirpc.StartDebuggingRequest) (*emptypb.Empty, error) {
	return known(pass(r, ctx, in, pulumirpc.EngineClient.StartDebugging))
}

// RequirePulumiVersion implements the engine's protocol.
func (r *relay) RequirePulumiVersion(ctx context.Context, in *pulumirpc.RequirePulumiVersionRequest) (*pulumirpc.RequirePulumiVersionResponse, error) {
	return known(pass(r, ctx, in, pulumirpc.EngineClient.RequirePulumiVersion))
}

// known gives our own error the form of the protocol.
func known[Res any](res Res, err error) (Res, error) {
	if errors.Is(err, errDetached) {
		err = status.Error(codes.FailedPrecondition, err.Error())
	}
	return res, err
}
