package sandbox

import (
	"context"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// defaultsKey holds the names of inputs that were filled in, as in pulumi-aws.
const defaultsKey = "__defaults"

// Check implements pulumirpc.ResourceProviderServer: it rejects inputs that AWS
// or the provider would reject, names the resource and merges the tags.
func (s *Server) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	news, err := fromWire(req.GetNews())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	olds, err := fromWire(req.GetOlds())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	delete(news, defaultsKey)
	normalise(t, news)
	var filled []string
	if t.Name != nil {
		if name := autoname(t, req, olds, news); name != "" {
			news[resource.PropertyKey(t.Name.Property)] = resource.NewProperty(name)
			filled = append(filled, t.Name.Property)
		}
	}
	mergeTags(t, news, s.settings(req.GetUrn()).defaultTags)
	failures := hide(news, validate(t, plain(news), len(filled) > 0))
	if len(filled) > 0 {
		news[defaultsKey] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(filled[0])})
	}
	inputs, err := toWire(news)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

// typeOf returns the description of a resource's type.
func (s *Server) typeOf(urn string) (*types.Type, error) {
	t, err := s.cloud.types.Find(string(resource.URN(urn).Type()))
	if err != nil {
		return nil, status.Error(codes.Unimplemented, err.Error())
	}
	return t, nil
}

// normalise turns policies that were given as objects into text, which is what
// AWS keeps.
func normalise(t *types.Type, inputs resource.PropertyMap) {
	for name, p := range t.Properties {
		key := resource.PropertyKey(name)
		v, ok := inputs[key]
		if !ok || p.Kind != types.JSON || !unsecret(v).IsObject() || v.ContainsUnknowns() {
			continue
		}
		text := resource.NewProperty(jsonText(plainValue(v)))
		if v.ContainsSecrets() {
			text = resource.MakeSecret(text)
		}
		inputs[key] = text
	}
}

// mergeTags sets tagsAll to the provider's default tags under the resource's.
func mergeTags(t *types.Type, inputs resource.PropertyMap, defaults map[string]any) {
	if t.Properties["tagsAll"] == nil || t.Properties["tags"] == nil {
		return
	}
	tags := inputs["tags"]
	if unsecret(tags).IsComputed() {
		inputs["tagsAll"] = resource.MakeComputed(resource.NewProperty(""))
		return
	}
	merged := resource.PropertyMap{}
	for k, v := range defaults {
		merged[resource.PropertyKey(k)] = propertyValue(v, resource.PropertyValue{})
	}
	if own := unsecret(tags); own.IsObject() {
		maps.Copy(merged, own.ObjectValue())
	}
	delete(inputs, "tagsAll")
	if len(merged) > 0 {
		inputs["tagsAll"] = resource.NewProperty(merged)
		if tags.IsSecret() {
			inputs["tagsAll"] = resource.MakeSecret(inputs["tagsAll"])
		}
	}
}
