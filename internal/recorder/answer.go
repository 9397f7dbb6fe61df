package recorder

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// answerer makes up what a provider would answer for one resource.
type answerer struct {
	m     *monitor
	urn   string
	typ   string
	scope aws.Scope
}

// answer returns the outputs of a resource: what the program gave, what the
// provider gives by default, and tokens for what the cloud decides. Nothing is
// known of the outputs of a type that nobody knows.
func (m *monitor) answer(r *record.Resource, inputs resource.PropertyMap, provider string, alsoSecret []string) (*structpb.Struct, error) {
	t, err := m.types.Find(r.Type)
	if err != nil {
		return nil, nil // the program takes missing outputs for unknown ones
	}
	a := answerer{m: m, urn: r.URN, typ: r.Type, scope: m.scope(provider)}
	out := a.fields("", t.Properties, inputs, 0)
	for _, k := range alsoSecret {
		key := resource.PropertyKey(k)
		if v, ok := out[key]; ok && !v.IsSecret() {
			out[key] = resource.MakeSecret(v)
		}
	}
	return wire(out)
}

// deepest is how far objects that only the cloud fills in are made up.
const deepest = 4

// fields answers for the properties of a resource or of an object in it.
func (a answerer) fields(path string, props map[string]*types.Property, in resource.PropertyMap, depth int) resource.PropertyMap {
	out := in.Copy()
	for name, p := range props {
		k, at := resource.PropertyKey(name), join(path, name)
		v, given := in[k]
		switch {
		case given && !v.IsNull():
			out[k] = a.given(p, at, v, depth)
		case p.Default != nil:
			out[k] = resource.NewPropertyValue(p.Default)
		case p.Computed || !p.Input():
			out[k] = a.made(p, at, depth)
			if known := lists[a.typ+" "+at]; known != nil && p.Of != nil {
				out[k] = a.list(p.Of, at, known(in), out[k])
			}
		}
	}
	return out
}

// list completes elements of which something is known; other stands for them when
// there are none.
func (a answerer) list(p *types.Property, at string, known []resource.PropertyMap, other resource.PropertyValue) resource.PropertyValue {
	if len(known) == 0 {
		return other
	}
	out := make([]resource.PropertyValue, len(known))
	for i, in := range known {
		out[i] = resource.NewProperty(a.fields(join(at, strconv.Itoa(i)), p.Fields, in, 1))
	}
	return resource.NewProperty(out)
}

// given completes what the program gave.
func (a answerer) given(p *types.Property, at string, v resource.PropertyValue, depth int) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return resource.MakeSecret(a.given(p, at, v.SecretValue().Element, depth))
	case p.Secret:
		return resource.MakeSecret(v)
	case p.Kind == types.Object && v.IsObject():
		return resource.NewProperty(a.fields(at, p.Fields, v.ObjectValue(), depth+1))
	case (p.Kind == types.List || p.Kind == types.Set) && v.IsArray():
		list := make([]resource.PropertyValue, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			list[i] = a.given(p.Of, join(at, strconv.Itoa(i)), e, depth+1)
		}
		return resource.NewProperty(list)
	case p.Kind == types.JSON && !v.IsString():
		return document(v)
	}
	return v
}

// document returns a JSON document as the text that providers make of it.
func document(v resource.PropertyValue) resource.PropertyValue {
	if v.ContainsUnknowns() || v.ContainsSecrets() {
		return unknown()
	}
	text, err := json.Marshal(v.Mappable())
	if err != nil {
		return unknown()
	}
	return resource.NewProperty(string(text))
}

// made stands for a value that the cloud decides. A list has two elements, so
// that the first one is not all of them. There is nothing that could stand for a
// flag, a map or a file.
func (a answerer) made(p *types.Property, at string, depth int) resource.PropertyValue {
	v := unknown()
	switch p.Kind {
	case types.String, types.JSON:
		v = resource.NewProperty(a.text(at))
	case types.Int, types.Number:
		n := record.Number(a.urn, at)
		a.m.mu.Lock()
		a.m.numbers[n] = token(a.urn, at)
		a.m.mu.Unlock()
		v = resource.NewProperty(n)
	case types.List, types.Set:
		if depth < deepest {
			v = resource.NewProperty([]resource.PropertyValue{
				a.made(p.Of, join(at, "0"), depth+1), a.made(p.Of, join(at, "1"), depth+1),
			})
		}
	case types.Object:
		if depth < deepest {
			out := resource.PropertyMap{}
			for name, f := range p.Fields {
				out[resource.PropertyKey(name)] = a.made(f, join(at, name), depth+1)
			}
			v = resource.NewProperty(out)
		}
	}
	if p.Secret {
		return resource.MakeSecret(v)
	}
	return v
}

// text is a token in the form that the name of its property promises, so that a
// program that takes it apart goes on.
func (a answerer) text(at string) string {
	name := strings.ToLower(at[strings.LastIndexByte(at, '.')+1:])
	t := token(a.urn, at)
	switch {
	case strings.HasSuffix(name, "arn"):
		return arn(a.scope, a.typ, name, t)
	case strings.HasSuffix(name, "url"):
		return "https://" + t
	}
	return t
}

// token stands for a property of a resource.
func token(u, path string) string {
	return record.Token(record.Kind(string(urn.URN(u).Type())), urn.URN(u).Name(), u, path)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// scope is where a call happens that names a provider, or none.
func (m *monitor) scope(provider string) aws.Scope {
	s := aws.Scope{Region: m.req.Region, Account: m.req.Account}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, urn := range providerOf(provider) {
		if region, ok := m.providers[urn]; ok {
			s.Region = region
		}
	}
	return s
}

// noteProvider remembers the region of an explicit provider: "" when it cannot be
// known.
func (m *monitor) noteProvider(urn string, inputs resource.PropertyMap) {
	region := m.req.Region
	if v, given := inputs["region"]; given {
		region = ""
		if v.IsString() {
			region = v.StringValue()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.providers[urn] = region
}
