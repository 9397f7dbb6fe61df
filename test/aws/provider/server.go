package provider

import (
	"context"

	rprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
	"github.com/trunkline-dev/trunkline/test/aws/tf5"
)

// New returns a Pulumi provider over the processes of a pool, which run in the
// directory dir. engine is nil where engines attach.
func New(ctx context.Context, pool *tf5.Pool, dir string, engine *rprovider.HostClient) (pulumirpc.ResourceProviderServer, error) {
	m, err := mapping.Load()
	if err != nil {
		return nil, err
	}
	further := map[string]string{}
	for name, e := range m.Resources {
		if e.Of != "" {
			further[name] = e.Of
		}
	}
	p := describe(proto.New(ctx, pool.Server(further)), m)
	bridge, err := pfbridge.NewProviderServer(ctx, engine, p, pfbridge.ProviderMetadata{
		XGetSchema: func(context.Context, plugin.GetSchemaRequest) ([]byte, error) { return schema(p) },
	})
	if err != nil {
		return nil, err
	}
	return stopping{assetServer{bridge, assetProperties(m), dir}, pool}, nil
}

// stopping passes on the wish to stop, which the bridge keeps to itself.
type stopping struct {
	pulumirpc.ResourceProviderServer
	pool *tf5.Pool
}

// Cancel implements pulumirpc.ResourceProviderServer.
func (s stopping) Cancel(ctx context.Context, r *emptypb.Empty) (*emptypb.Empty, error) {
	if err := s.pool.Stop(ctx); err != nil {
		return nil, err
	}
	return s.ResourceProviderServer.Cancel(ctx, r)
}
