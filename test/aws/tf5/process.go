// Package tf5 runs terraform-provider-aws as a process, speaks plugin protocol 5
// to it, and offers it as a protocol 6 server in this process, which is what the
// Terraform bridge works with.
package tf5

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"runtime"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// Process is a running provider.
type Process struct {
	client pb.ProviderClient
	plugin *goplugin.Client
	unbind func()
	end    chan struct{}
}

// Start runs the binary at path in the directory dir. What the provider logs
// goes to log; nil drops it. The process ends with this one, however that ends.
func Start(path, dir string, log io.Writer) (*Process, error) {
	if log == nil {
		log = io.Discard
	}
	cmd := exec.Command(path)
	cmd.Dir = dir
	bind(cmd)
	// https://github.com/hashicorp/terraform-plugin-sdk/blob/main/plugin/serve.go
	handshake := goplugin.HandshakeConfig{
		ProtocolVersion: 4, MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE",
		MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
	}
	p := &Process{end: make(chan struct{}), plugin: goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: map[int]goplugin.PluginSet{5: {"provider": asking{}}},
		Cmd:              cmd,
		AutoMTLS:         true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Info}),
		SyncStdout:       log, SyncStderr: log,
		// The schema of all types is larger than what gRPC takes unasked.
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32))},
	})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the process is bound to it: it ends with this function
		started <- p.open(cmd)
		<-p.end
	}()
	if err := <-started; err != nil {
		p.plugin.Kill()
		close(p.end)
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

func (p *Process) open(cmd *exec.Cmd) (err error) {
	rpc, err := p.plugin.Client()
	if err != nil {
		return err
	}
	if p.unbind, err = bound(cmd); err != nil {
		return err
	}
	raw, err := rpc.Dispense("provider")
	if err != nil {
		return err
	}
	p.client = raw.(pb.ProviderClient)
	return nil
}

// Close ends the process. It is called once.
func (p *Process) Close() {
	p.plugin.Kill()
	p.unbind()
	close(p.end)
}

// alive tells that there is a process and that it has not ended.
func (p *Process) alive() bool { return p != nil && !p.plugin.Exited() }

// asking is the half of the protocol that asks.
type asking struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (asking) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this program only asks")
}

func (asking) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return pb.NewProviderClient(c), nil
}
