package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// debugProviders names running providers to use instead of plugins:
// "aws:12345,gcp:678".
const debugProviders = "PULUMI_DEBUG_PROVIDERS"

// attachPort is the port of a provider that runs already; 0 when the list does
// not name the package.
func attachPort(list, pkg string) (int, error) {
	for entry := range strings.SplitSeq(list, ",") {
		name, port, ok := strings.Cut(strings.TrimSpace(entry), ":")
		if name != pkg || name == "" {
			continue
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if !ok || err != nil || n == 0 {
			return 0, gitops.Errorf(gitops.Invalid, "%s: %q is not of the form name:port", debugProviders, entry)
		}
		return int(n), nil
	}
	return 0, nil
}

// attach connects to a provider that somebody else has started, when the
// operation's environment names one. It returns nil when it does not.
func (h *host) attach(ctx *plugin.Context, pkg string) (plugin.Provider, error) {
	port, err := attachPort(h.op.req.Env[debugProviders], pkg)
	if port == 0 || err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(fmt.Sprintf("passthrough:///127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("attach to provider %s: %w", pkg, err)
	}
	client := pulumirpc.NewResourceProviderClient(conn)
	p := &attached{Provider: plugin.NewProviderWithClient(ctx, client, h.op.req.Switches.NoProviderPreview), conn: conn}
	if err := p.greet(ctx.Request(), client, h.ServerAddr()); err != nil {
		_ = conn.Close()
		return nil, gitops.Errorf(gitops.Failed, "attach to provider %s on port %d: %w", pkg, port, err)
	}
	go func() { // a terminated operation gives up its calls; the provider lives on
		select {
		case <-h.op.abandoned:
			_ = conn.Close()
		case <-h.op.over:
		}
	}()
	return p, nil
}

// attached is a provider that somebody else runs: closing it ends the connection
// only.
type attached struct {
	plugin.Provider
	conn *grpc.ClientConn
}

func (p *attached) greet(ctx context.Context, client pulumirpc.ResourceProviderClient, engineAddr string) error {
	// One that does not know the call negotiates when it is configured.
	if _, err := p.Handshake(ctx, handshake(engineAddr)); err != nil && status.Code(err) != codes.Unimplemented {
		return err
	}
	_, err := client.Attach(ctx, &pulumirpc.PluginAttach{Address: engineAddr})
	return err
}

// Close implements plugin.Provider.
func (p *attached) Close() error { return p.conn.Close() }

// handshake is how the engine introduces itself to a provider.
func handshake(engineAddr string) plugin.ProviderHandshakeRequest {
	return plugin.ProviderHandshakeRequest{
		EngineAddress: engineAddr, ConfigureWithUrn: true, SupportsViews: true,
		SupportsRefreshBeforeUpdate: true, InvokeWithPreview: true, AcceptsByteString: true,
	}
}
