package recorder

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/record"
)

// object returns properties as plain values.
func (m *monitor) object(p resource.PropertyMap) map[string]any {
	out := make(map[string]any, len(p))
	for k, v := range p {
		if !v.IsNull() {
			out[m.text(string(k))] = m.value(v)
		}
	}
	return out
}

func (m *monitor) value(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return secret(m.value(v.SecretValue().Element))
	case v.IsComputed():
		return record.Unknown{}
	case v.IsOutput():
		o := v.OutputValue()
		var inner any = record.Unknown{}
		if o.Known {
			inner = m.value(o.Element)
		}
		if o.Secret {
			return secret(inner)
		}
		return inner
	case v.IsString():
		return m.text(v.StringValue())
	case v.IsNumber():
		return m.number(v.NumberValue())
	case v.IsBool():
		return v.BoolValue()
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = m.value(e)
		}
		return out
	case v.IsObject():
		return m.object(v.ObjectValue())
	case v.IsAsset():
		return m.files.asset(v.AssetValue())
	case v.IsArchive():
		return m.files.archive(v.ArchiveValue())
	case v.IsResourceReference():
		return string(v.ResourceReferenceValue().URN)
	}
	return nil
}

// secret marks a value once.
func secret(v any) any {
	if s, ok := v.(record.Secret); ok {
		return s
	}
	return record.Secret{Value: v}
}

// text takes the directory of the checkout out of a text: two revisions have
// different ones.
func (m *monitor) text(s string) string {
	if root := m.req.Root; len(root) > 1 {
		return strings.ReplaceAll(s, root, "⟨estate⟩")
	}
	return s
}

// number returns a number, or what it stands for.
func (m *monitor) number(n float64) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.numbers[n]; ok {
		return s
	}
	return n
}

// property is the inverse of value, as far as a value is not a file.
func property(v any) resource.PropertyValue {
	switch v := v.(type) {
	case record.Secret:
		return resource.MakeSecret(property(v.Value))
	case record.Unknown:
		return unknown()
	case []any:
		out := make([]resource.PropertyValue, len(v))
		for i, e := range v {
			out[i] = property(e)
		}
		return resource.NewProperty(out)
	case map[string]any:
		out := resource.PropertyMap{}
		for k, e := range v {
			out[resource.PropertyKey(k)] = property(e)
		}
		return resource.NewProperty(out)
	case string:
		return resource.NewProperty(v)
	case float64:
		return resource.NewProperty(v)
	case bool:
		return resource.NewProperty(v)
	}
	return resource.NewNullProperty()
}

func unknown() resource.PropertyValue { return resource.MakeComputed(resource.NewProperty("")) }
