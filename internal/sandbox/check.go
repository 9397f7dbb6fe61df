package sandbox

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
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
	failures := validate(t, plain(news))
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

// validate reports everything that is wrong with inputs, in order of property.
func validate(t *types.Type, in aws.Object) []*pulumirpc.CheckFailure {
	var out []*pulumirpc.CheckFailure
	fail := func(property, reason string) {
		out = append(out, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	own := maps.Clone(in)
	delete(own, "tagsAll")
	checkFields(t.Properties, own, "", fail)
	if len(out) > 0 {
		return out // the type's own rules may rely on the shapes
	}
	for _, f := range aws.Check(t.Token, in) {
		fail(f.Property, f.Reason)
	}
	return out
}

func checkFields(fields map[string]*types.Property, in map[string]any, prefix string, fail func(property, reason string)) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, given := in[name]; !given && fields[name].Required() {
			fail(prefix+name, "missing required property "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		p := fields[name]
		if p == nil || !p.Input() {
			fail(prefix+name, "there is no input "+name+hint(name, fields))
			continue
		}
		checkValue(p, in[name], prefix+name, fail)
	}
}

func hint(name string, fields map[string]*types.Property) string {
	var inputs []string
	for _, n := range slices.Sorted(maps.Keys(fields)) {
		if fields[n].Input() {
			inputs = append(inputs, n)
		}
	}
	if near := types.Nearest(name, inputs); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

func checkValue(p *types.Property, v any, path string, fail func(property, reason string)) {
	if _, unknown := v.(aws.Unknown); unknown {
		return
	}
	if !isKind(p, v) {
		fail(path, fmt.Sprintf("expected %s, got %s", describe(p), kindOf(v)))
		return
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if p.Of != nil {
				checkValue(p.Of, e, fmt.Sprintf("%s[%d]", path, i), fail)
			}
		}
	case map[string]any:
		if p.Kind == types.Object {
			checkFields(p.Fields, v, path+".", fail)
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if p.Kind == types.Map {
				checkValue(p.Of, v[k], path+"."+k, fail)
			}
		}
	}
}

// isKind tells whether a known value has the shape of the property's kind.
func isKind(p *types.Property, v any) bool {
	_, text := v.(string)
	number, numeric := v.(float64)
	_, truth := v.(bool)
	_, list := v.([]any)
	_, object := v.(map[string]any)
	switch p.Kind {
	case types.String:
		return text
	case types.Bool:
		return truth
	case types.Number:
		return numeric
	case types.Int:
		return numeric && number == math.Trunc(number)
	case types.List, types.Set:
		return list
	case types.Map, types.Object:
		return object
	case types.JSON:
		return text || object
	}
	return true
}

func describe(p *types.Property) string {
	switch p.Kind {
	case types.Int:
		return "a whole number"
	case types.Number:
		return "a number"
	case types.List, types.Set:
		return "a list"
	case types.Map, types.Object:
		return "an object"
	case types.JSON:
		return "a JSON document"
	}
	return "a " + strings.Replace(p.Kind, "bool", "true-or-false value", 1)
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %q", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case bool:
		return fmt.Sprintf("%v", v)
	case []any:
		return "a list"
	}
	return "an object"
}
