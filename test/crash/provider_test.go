//go:build unix

package crash

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// provider is the provider of enginetest with its cloud elsewhere and points
// around its calls.
type provider struct {
	*enginetest.Provider
	who   string
	cloud clouder
	hook  *hook
}

func newProvider(who string, c clouder, h *hook) *provider {
	return &provider{Provider: enginetest.NewProvider(), who: who, cloud: c, hook: h}
}

// Check implements the provider protocol.
func (p *provider) Check(ctx context.Context, r *pulumirpc.CheckRequest) (out *pulumirpc.CheckResponse, err error) {
	err = p.hook.call("provider", "check", func() (err error) {
		out, err = p.Provider.Check(ctx, r)
		return err
	})
	return out, err
}

// Diff implements the provider protocol.
func (p *provider) Diff(ctx context.Context, r *pulumirpc.DiffRequest) (out *pulumirpc.DiffResponse, err error) {
	err = p.hook.call("provider", "diff", func() (err error) {
		out, err = p.Provider.Diff(ctx, r)
		return err
	})
	return out, err
}

// Create implements the provider protocol.
func (p *provider) Create(_ context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	out, err := p.mutate(cloudCall{Verb: "create", URN: r.GetUrn(), Properties: texts(r.GetProperties())})
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: out.ID, Properties: properties(out)}, nil
}

// Update implements the provider protocol.
func (p *provider) Update(_ context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	out, err := p.mutate(cloudCall{Verb: "update", URN: r.GetUrn(), ID: r.GetId(), Properties: texts(r.GetNews())})
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: properties(out)}, nil
}

// Delete implements the provider protocol.
func (p *provider) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	_, err := p.mutate(cloudCall{Verb: "delete", URN: r.GetUrn(), ID: r.GetId()})
	return &emptypb.Empty{}, err
}

// Read implements the provider protocol.
func (p *provider) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	out, err := p.send(cloudCall{Verb: "read", URN: r.GetUrn(), ID: r.GetId()})
	if err != nil || !out.Exists {
		return &pulumirpc.ReadResponse{}, err
	}
	return &pulumirpc.ReadResponse{Id: out.ID, Properties: properties(out), Inputs: properties(out)}, nil
}

// mutate changes the cloud. When the point is at a renewal of the lease, the
// change takes as long as it takes to get there.
func (p *provider) mutate(c cloudCall) (found, error) {
	if p.hook.at.Call == "renew" {
		<-p.hook.reached
	}
	return p.send(c)
}

func (p *provider) send(c cloudCall) (out found, err error) {
	c.Who = p.who
	err = p.hook.call("provider", c.Verb, func() (err error) {
		out, err = p.cloud.do(c)
		return err
	})
	return out, err
}

func texts(s *structpb.Struct) map[string]string {
	out := map[string]string{}
	for k, v := range s.GetFields() {
		out[k] = v.GetStringValue()
	}
	return out
}

func properties(f found) *structpb.Struct {
	out := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for k, v := range f.Properties {
		out.Fields[k] = structpb.NewStringValue(v)
	}
	return out
}
