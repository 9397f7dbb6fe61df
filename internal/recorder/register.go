package recorder

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/record"
)

const (
	providerPrefix = "pulumi:providers:"
	stackReference = "pulumi:pulumi:StackReference"
)

// RegisterResource implements pulumirpc.ResourceMonitorServer.
func (m *monitor) RegisterResource(_ context.Context, req *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	if err := m.take(req); err != nil {
		return nil, err
	}
	if req.GetType() == string(resource.RootStackType) {
		return &pulumirpc.RegisterResourceResponse{Urn: m.stackURN()}, nil
	}
	urn, err := m.urn(req.GetParent(), req.GetType(), req.GetName())
	if err != nil {
		return nil, err
	}
	where := m.source(req.GetSourcePosition(), req.GetStackTrace())
	inputs, err := m.properties(req.GetObject(), where)
	if err != nil {
		return nil, err
	}
	r := &record.Resource{
		URN: urn, Type: req.GetType(), Name: req.GetName(), Parent: req.GetParent(), Source: where,
		Inputs: m.object(inputs), Options: m.options(req), Links: linksOf(req), Aliases: aliasesOf(req.GetAliases(), req.GetAliasURNs()),
	}
	switch {
	case req.GetRemote():
		m.gap("the component "+r.Type+" is made by a provider", where)
	case len(req.GetTransforms()) > 0:
		m.gap("the resource "+r.Name+" is changed in a transform, which is not run", where)
	}
	if err := m.keep(r); err != nil {
		return nil, err
	}
	out := &pulumirpc.RegisterResourceResponse{Urn: urn}
	if !req.GetCustom() {
		return out, nil
	}
	out.Id = token(urn, "id")
	if strings.HasPrefix(r.Type, providerPrefix) {
		m.noteProvider(urn, inputs)
		return out, nil
	}
	out.Object, err = m.answer(r, inputs, req.GetProvider(), req.GetAdditionalSecretOutputs())
	return out, err
}

// ReadResource implements pulumirpc.ResourceMonitorServer. What is looked up is
// as symbolic as what is made.
func (m *monitor) ReadResource(_ context.Context, req *pulumirpc.ReadResourceRequest) (*pulumirpc.ReadResourceResponse, error) {
	if err := m.take(req); err != nil {
		return nil, err
	}
	urn, err := m.urn(req.GetParent(), req.GetType(), req.GetName())
	if err != nil {
		return nil, err
	}
	where := m.source(req.GetSourcePosition(), req.GetStackTrace())
	inputs, err := m.properties(req.GetProperties(), where)
	if err != nil {
		return nil, err
	}
	if req.GetType() == stackReference {
		out, err := m.upstream(inputs, req.GetId())
		return &pulumirpc.ReadResourceResponse{Urn: urn, Properties: out}, err
	}
	r := &record.Resource{
		URN: urn, Type: req.GetType(), Name: req.GetName(), Parent: req.GetParent(), Source: where, Read: true,
		Inputs: m.object(inputs), Options: map[string]any{"id": m.text(req.GetId())}, Links: links(map[string][]string{
			"provider": providerOf(req.GetProvider()), "dependsOn": req.GetDependencies(),
		}),
	}
	setText(r.Options, "version", req.GetVersion())
	setList(r.Options, "additionalSecretOutputs", req.GetAdditionalSecretOutputs())
	if err := m.keep(r); err != nil {
		return nil, err
	}
	out, err := m.answer(r, inputs, req.GetProvider(), req.GetAdditionalSecretOutputs())
	return &pulumirpc.ReadResourceResponse{Urn: urn, Properties: out}, err
}

// RegisterResourceOutputs implements pulumirpc.ResourceMonitorServer. Those of
// components are for people who look at the state; nothing depends on them.
func (m *monitor) RegisterResourceOutputs(_ context.Context, req *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	if err := m.take(req); err != nil {
		return nil, err
	}
	if !m.isStack(req.GetUrn()) {
		return &emptypb.Empty{}, nil
	}
	outputs, err := m.properties(req.GetOutputs(), "")
	if err != nil {
		return nil, err
	}
	plain := m.object(outputs)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rec.Outputs = plain
	return &emptypb.Empty{}, nil
}

// properties decodes what a program sends.
func (m *monitor) properties(s *structpb.Struct, where string) (resource.PropertyMap, error) {
	out, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true, SkipNulls: true,
	})
	if err != nil {
		m.gap("the program sends something that is no property: "+brief(err.Error()), where)
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return out, nil
}

// upstream answers for a stack reference with the outputs of the recording of
// that stack. Outputs that are not there are unknown to a program in a preview.
func (m *monitor) upstream(inputs resource.PropertyMap, id string) (*structpb.Struct, error) {
	full := id
	if name := inputs["name"]; name.IsString() {
		full = name.StringValue()
	}
	m.mu.Lock()
	m.rec.Reads = append(m.rec.Reads, full)
	m.mu.Unlock()
	parts := strings.Split(full, "/")
	up, known := m.req.Upstream[parts[len(parts)-1]]
	known = known && up.Complete() && (len(parts) != 3 || parts[1] == m.req.Project)
	outputs := resource.PropertyMap{}
	var secret []resource.PropertyValue
	if known {
		for _, k := range slices.Sorted(maps.Keys(up.Outputs)) {
			v := property(up.Outputs[k])
			if v.ContainsSecrets() {
				secret = append(secret, resource.NewProperty(k))
			}
			outputs[resource.PropertyKey(k)] = v
		}
	}
	return wire(resource.PropertyMap{
		"name": resource.NewProperty(full), "outputs": resource.NewProperty(outputs), "secretOutputNames": resource.NewProperty(secret),
	})
}

// wire encodes what a program receives.
func wire(p resource.PropertyMap) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(p, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, SkipNulls: true})
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return s, nil
}
