package engine

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	pkghost "github.com/pulumi/pulumi/pkg/v3/host"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// programRuntime names the language runtime of a program that runs elsewhere.
// Pulumi has one called "client", but never closes its connection.
const programRuntime = "trunkline"

// host gives an operation its plugins: running providers that it names,
// providers of this process and the program first, then warm processes, and
// Pulumi's own way of running plugins for the rest.
type host struct {
	plugin.Host
	sessions
	op *operation
}

func (op *operation) newHost(ctx context.Context, d, status diag.Sink, debug plugin.DebugContext) (plugin.Host, error) {
	h, err := pkghost.New(ctx, d, status, debug, nil, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	op.host = &host{Host: h, op: op}
	return op.host, nil
}

var _ engine.HostFactory = (*operation)(nil).newHost

// Provider implements plugin.Host.
func (h *host) Provider(ctx *plugin.Context, d workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	p, err := h.provider(ctx, d, e)
	if err != nil {
		return nil, err
	}
	return listener{p, h.op.doubts.add}, nil
}

// provider finds a provider: one that runs elsewhere, in this process, or as a
// plugin.
func (h *host) provider(ctx *plugin.Context, d workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	if p, err := h.attach(ctx, d.Name); p != nil || err != nil {
		return p, err
	}
	if server, ok := h.op.eng.opts.Providers[d.Name]; ok {
		return h.local(ctx, server)
	}
	return h.installed(ctx, d, e)
}

// instancer is a server that keeps the configuration of each provider apart: two
// regions of one stack, say.
type instancer interface {
	Instance() pulumirpc.ResourceProviderServer
}

func (h *host) local(ctx *plugin.Context, server pulumirpc.ResourceProviderServer) (plugin.Provider, error) {
	if s, ok := server.(instancer); ok {
		server = s.Instance()
	}
	p := plugin.NewProviderWithClient(ctx, localProvider{server: server, stop: h.op.abandoned}, false)
	_, err := p.Handshake(ctx.Request(), handshake(h.ServerAddr()))
	return p, err
}

// LanguageRuntime implements plugin.Host.
func (h *host) LanguageRuntime(ctx *plugin.Context, runtime string) (plugin.LanguageRuntime, error) {
	if runtime == programRuntime {
		return h.op.program, nil
	}
	rt, err := h.Host.LanguageRuntime(ctx, runtime)
	if err != nil && h.op.req.Operation == ResourceImport { // it would only be asked for versions
		return noProgram{}, nil
	}
	return rt, err
}

// scrubbed returns the variables for a process that Pulumi starts. It starts
// plugins with this process's environment and adds these on top, so whatever is
// not among the wanted "NAME=value" is set to nothing.
func scrubbed(want []string) env.MapStore {
	vars := env.MapStore{}
	for _, kv := range os.Environ() {
		if name, _, ok := strings.Cut(kv, "="); ok && name != "" {
			vars[name] = ""
		}
	}
	for _, kv := range want {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	return vars
}

// program is the connection to a LanguageRuntime that runs the program.
type program struct {
	plugin.LanguageRuntime
	conn *grpc.ClientConn
	host func() plugin.Host
}

func (op *operation) dial(address string) (*program, error) {
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("connect to the program at %s: %w", address, err)
	}
	client := plugin.NewLanguageRuntimeClient(programRuntime, pulumirpc.NewLanguageRuntimeClient(conn))
	return &program{LanguageRuntime: client, conn: conn, host: func() plugin.Host { return op.host }}, nil
}

// Run implements plugin.LanguageRuntime. A program that is not a plugin learns
// the engine's address from its first argument.
func (p *program) Run(ctx context.Context, info plugin.RunInfo) (string, bool, error) {
	info.Args = []string{p.host().ServerAddr()}
	return p.LanguageRuntime.Run(ctx, info)
}

// Close implements plugin.LanguageRuntime.
func (p *program) Close() error { return p.conn.Close() }
