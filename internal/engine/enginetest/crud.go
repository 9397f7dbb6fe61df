package enginetest

import (
	"context"
	"fmt"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// unknown stands for a string that is not known yet, in Pulumi's protocol.
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

// CheckConfig implements the provider protocol.
func (p *Provider) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

// DiffConfig implements the provider protocol.
func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure implements the provider protocol.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	p.count("Configure")
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true}, nil
}

// Check implements the provider protocol. The value "bad" is refused.
func (p *Provider) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	p.count("Check")
	if r.GetNews().GetFields()["value"].GetStringValue() == "bad" {
		return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Property: "value", Reason: "is bad"}}}, nil
	}
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

// Diff implements the provider protocol.
func (p *Provider) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	p.count("Diff")
	out := Compare(r.GetOldInputs(), r.GetNews())
	for _, d := range out.DetailedDiff {
		d.InputDiff = !p.OutputDiffs
	}
	if p.NoDetails {
		out.HasDetailedDiff, out.DetailedDiff = false, nil
	}
	return out, nil
}

// Compare says which inputs differ, each with its kind. Another "key" replaces
// the resource.
func Compare(before, after *structpb.Struct) *pulumirpc.DiffResponse {
	olds, news := before.GetFields(), after.GetFields()
	out := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	note := func(key string, kind pulumirpc.PropertyDiff_Kind) {
		if key == "key" {
			kind++ // the kinds that replace follow those that do not
			out.Replaces = append(out.Replaces, key)
		}
		out.Changes = pulumirpc.DiffResponse_DIFF_SOME
		out.Diffs = append(out.Diffs, key)
		out.DetailedDiff[key] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	for key, v := range news {
		switch old, ok := olds[key]; {
		case !ok:
			note(key, pulumirpc.PropertyDiff_ADD)
		case !proto.Equal(old, v):
			note(key, pulumirpc.PropertyDiff_UPDATE)
		}
	}
	for key := range olds {
		if _, ok := news[key]; !ok {
			note(key, pulumirpc.PropertyDiff_DELETE)
		}
	}
	slices.Sort(out.Diffs)
	return out
}

// Create implements the provider protocol.
func (p *Provider) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	out := copied(r.GetProperties())
	if r.GetPreview() {
		p.count("Create(preview)")
		out.Fields["serial"] = structpb.NewStringValue(unknown)
		return &pulumirpc.CreateResponse{Properties: out}, nil
	}
	p.count("Create")
	if err := p.behave(ctx, r.GetProperties()); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serial++
	id := fmt.Sprintf("thing-%d", p.serial)
	out.Fields["serial"] = structpb.NewNumberValue(float64(p.serial))
	p.things[id] = copied(out)
	return &pulumirpc.CreateResponse{Id: id, Properties: out}, nil
}

// Read implements the provider protocol.
func (p *Provider) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	p.count("Read")
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.things[r.GetId()]
	if t == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	inputs := copied(t)
	delete(inputs.Fields, "serial")
	return &pulumirpc.ReadResponse{Id: r.GetId(), Properties: copied(t), Inputs: inputs}, nil
}

// Update implements the provider protocol.
func (p *Provider) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	out := copied(r.GetNews())
	if v := r.GetOlds().GetFields()["serial"]; v != nil {
		out.Fields["serial"] = v
	}
	if r.GetPreview() {
		p.count("Update(preview)")
		return &pulumirpc.UpdateResponse{Properties: out}, nil
	}
	p.count("Update")
	if err := p.behave(ctx, r.GetNews()); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.things[r.GetId()] == nil {
		return nil, status.Errorf(codes.NotFound, "no thing %s", r.GetId())
	}
	p.things[r.GetId()] = copied(out)
	return &pulumirpc.UpdateResponse{Properties: out}, nil
}

// Delete implements the provider protocol.
func (p *Provider) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	p.count("Delete")
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.things, r.GetId())
	return &emptypb.Empty{}, nil
}
