package enginetest

import (
	"context"
	"fmt"
	"maps"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Provider is a resource provider for package "test". It has one type,
// ThingType, whose inputs are its outputs, plus "serial", the number of the
// create. These inputs have a meaning:
//
//   - key: a change of it replaces the thing
//   - fail: true makes create and update fail
//   - wait: its value names a gate; the call waits until the test opens it
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	// NoDetails makes Diff answer without a detailed diff.
	NoDetails bool
	// OutputDiffs makes Diff describe changes of outputs instead of inputs.
	OutputDiffs bool

	mu      sync.Mutex
	serial  int
	things  map[string]*structpb.Struct
	calls   map[string]int
	gates   map[string]chan struct{}
	reached map[string]chan struct{}
}

// ThingType is the type of the provider's resources.
const ThingType = "test:index:Thing"

// NewProvider returns a provider with an empty cloud.
func NewProvider() *Provider {
	return &Provider{
		things: map[string]*structpb.Struct{}, calls: map[string]int{},
		gates: map[string]chan struct{}{}, reached: map[string]chan struct{}{},
	}
}

// Calls returns how often each method was called. Calls in a preview count as
// "Create(preview)" and "Update(preview)".
func (p *Provider) Calls() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.calls)
}

// Things returns the cloud: the properties of everything that exists, by ID.
func (p *Provider) Things() map[string]map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]map[string]any{}
	for id, t := range p.things {
		out[id] = t.AsMap()
	}
	return out
}

// Touch changes a property of a thing behind everybody's back.
func (p *Provider) Touch(id, key string, value any) error {
	v, err := structpb.NewValue(value)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.things[id]
	if t == nil {
		return fmt.Errorf("no thing %s", id)
	}
	t.Fields[key] = v
	return nil
}

// Forget deletes a thing behind everybody's back.
func (p *Provider) Forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.things, id)
}

// Open lets everything pass that waits at the gate, now and later.
func (p *Provider) Open(gate string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	closeOnce(p.channel(p.gates, gate))
}

// Reached is closed when a call has come to the gate.
func (p *Provider) Reached(gate string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.channel(p.reached, gate)
}

func (p *Provider) channel(m map[string]chan struct{}, gate string) chan struct{} {
	if m[gate] == nil {
		m[gate] = make(chan struct{})
	}
	return m[gate]
}

func closeOnce(ch chan struct{}) {
	select {
	case <-ch:
	default:
		close(ch)
	}
}

func (p *Provider) count(method string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[method]++
}

// behave does what the inputs ask for.
func (p *Provider) behave(ctx context.Context, in *structpb.Struct) error {
	if gate := in.GetFields()["wait"].GetStringValue(); gate != "" {
		p.mu.Lock()
		ch := p.channel(p.gates, gate)
		closeOnce(p.channel(p.reached, gate))
		p.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	if in.GetFields()["fail"].GetBoolValue() {
		return status.Error(codes.Unknown, "the cloud said no")
	}
	return nil
}

func copied(s *structpb.Struct) *structpb.Struct {
	if s == nil {
		return &structpb.Struct{Fields: map[string]*structpb.Value{}}
	}
	c := proto.Clone(s).(*structpb.Struct)
	if c.Fields == nil {
		c.Fields = map[string]*structpb.Value{}
	}
	return c
}

// GetPluginInfo implements the provider protocol.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// Handshake implements the provider protocol.
func (p *Provider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, AcceptOutputs: false, AcceptResources: true}, nil
}
