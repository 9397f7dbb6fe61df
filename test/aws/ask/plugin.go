package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// clientOnly is the half of plugin protocol 5 that asks.
type clientOnly struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (clientOnly) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this program only asks")
}

func (clientOnly) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return pb.NewProviderClient(c), nil
}

// session is a running provider that starts again when a question kills it.
type session struct {
	path   string
	client pb.ProviderClient
	stop   func()
}

// errStopped is the answer to a question that the provider did not survive.
var errStopped = errors.New("the provider stopped at this question")

// open starts and configures a provider.
func (s *session) open(ctx context.Context) (*pb.GetProviderSchema_Response, error) {
	var err error
	if s.client, s.stop, err = start(s.path); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.path, err)
	}
	schema, err := s.client.GetSchema(ctx, &pb.GetProviderSchema_Request{})
	if err != nil {
		return nil, err
	}
	return schema, configure(ctx, s.client, schema.Provider.Block)
}

// plan asks once; a provider that dies of it is replaced.
func (s *session) plan(ctx context.Context, req *pb.PlanResourceChange_Request) (*pb.PlanResourceChange_Response, error) {
	asking, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	r, err := s.client.PlanResourceChange(asking, req)
	if status.Code(err) != codes.Unavailable {
		return r, err
	}
	s.stop()
	if _, err := s.open(ctx); err != nil {
		return nil, err
	}
	return nil, errStopped
}

// validate asks whether a configuration is valid.
func (s *session) validate(ctx context.Context, req *pb.ValidateResourceTypeConfig_Request) (*pb.ValidateResourceTypeConfig_Response, error) {
	asking, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	r, err := s.client.ValidateResourceTypeConfig(asking, req)
	if status.Code(err) != codes.Unavailable {
		return r, err
	}
	s.stop()
	if _, err := s.open(ctx); err != nil {
		return nil, err
	}
	return &pb.ValidateResourceTypeConfig_Response{}, nil // it says nothing against a value that ends it
}

// start runs the provider binary at path. stop ends it.
func start(path string) (client pb.ProviderClient, stop func(), err error) {
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://127.0.0.1:9") // where nothing answers, at once
	c := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: 4, MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]goplugin.PluginSet{5: {"provider": clientOnly{}}},
		Cmd:              cmd,
		AutoMTLS:         true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       io.Discard, SyncStderr: io.Discard,
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32))},
	})
	rpc, err := c.Client()
	if err != nil {
		c.Kill()
		return nil, nil, err
	}
	raw, err := rpc.Dispense("provider")
	if err != nil {
		c.Kill()
		return nil, nil, err
	}
	return raw.(pb.ProviderClient), c.Kill, nil
}
