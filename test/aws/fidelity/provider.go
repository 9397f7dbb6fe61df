package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/test/aws/binary"
	"github.com/trunkline-dev/trunkline/test/aws/provider"
	"github.com/trunkline-dev/trunkline/test/aws/tf5"
)

// realProvider is the provider over the real terraform-provider-aws.
type realProvider struct {
	client pulumirpc.ResourceProviderClient
	stop   func()
}

// start serves the provider and connects to it as an engine would. It has
// credentials that lead nowhere, and everything that it may want to reach is
// where nothing answers.
func start(ctx context.Context) (*realProvider, error) {
	path, err := binary.Find()
	if err != nil {
		return nil, err
	}
	if err := os.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9"); err != nil { // for the child process
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fidelity-")
	if err != nil {
		return nil, err
	}
	pool := tf5.NewPool(func() (*tf5.Process, error) { return tf5.Start(path, dir, nil) })
	server, err := provider.New(ctx, pool, dir, nil)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(1 << 28))
	pulumirpc.RegisterResourceProviderServer(s, server)
	go func() {
		if err := s.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			fmt.Fprintln(os.Stderr, "fidelity:", err)
		}
	}()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<28)))
	if err != nil {
		return nil, err
	}
	p := &realProvider{pulumirpc.NewResourceProviderClient(conn), func() { s.Stop(); pool.Close(); _ = os.RemoveAll(dir) }}
	args, err := structpb.NewStruct(map[string]any{
		"region": "eu-west-1", "accessKey": "none", "secretKey": "none", "maxRetries": "1", "skipCredentialsValidation": "true",
		"skipRequestingAccountId": "true", "skipRegionValidation": "true", "skipMetadataApiCheck": "true",
	})
	if err != nil {
		return nil, err
	}
	_, err = p.client.Configure(ctx, &pulumirpc.ConfigureRequest{Args: args, AcceptSecrets: true, AcceptResources: true})
	return p, err
}
