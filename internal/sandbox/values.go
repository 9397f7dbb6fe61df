package sandbox

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// assetKey marks the plain form of a file or archive, which is its hash.
const assetKey = "\x00asset"

// fromWire decodes properties, keeping what is unknown and what is secret.
func fromWire(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true, ComputeAssetHashes: true})
}

func toWire(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true, ComputeAssetHashes: true})
}

// plain returns properties without secrets' marks and without the keys that
// belong to Pulumi.
func plain(m resource.PropertyMap) aws.Object {
	out := aws.Object{}
	for k, v := range m {
		if p := plainValue(v); p != nil && !strings.HasPrefix(string(k), "__") {
			out[string(k)] = p
		}
	}
	return out
}

func plainValue(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return plainValue(v.SecretValue().Element)
	case v.IsComputed(), v.IsOutput():
		return aws.Unknown{}
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = plainValue(e)
		}
		return out
	case v.IsObject():
		out := map[string]any{}
		for k, e := range v.ObjectValue() {
			if p := plainValue(e); p != nil {
				out[string(k)] = p
			}
		}
		return out
	case v.IsAsset():
		return map[string]any{assetKey: v.AssetValue().Hash}
	case v.IsArchive():
		return map[string]any{assetKey: v.ArchiveValue().Hash}
	case v.IsResourceReference():
		return plainValue(v.ResourceReferenceValue().ID)
	case v.IsNull():
		return nil
	}
	return v.V // string, float64, bool
}

// properties returns plain values as Pulumi's. Files and archives are taken from
// like, the properties that they came from.
func properties(o aws.Object, like resource.PropertyMap) resource.PropertyMap {
	out := resource.PropertyMap{}
	for k, v := range o {
		key := resource.PropertyKey(k)
		out[key] = propertyValue(v, unsecret(like[key]))
	}
	return out
}

func propertyValue(v any, like resource.PropertyValue) resource.PropertyValue {
	switch v := v.(type) {
	case nil:
		return resource.NewNullProperty()
	case aws.Unknown:
		return resource.MakeComputed(resource.NewProperty(""))
	case []any:
		out := make([]resource.PropertyValue, len(v))
		for i, e := range v {
			var l resource.PropertyValue
			if like.IsArray() && i < len(like.ArrayValue()) {
				l = unsecret(like.ArrayValue()[i])
			}
			out[i] = propertyValue(e, l)
		}
		return resource.NewProperty(out)
	case map[string]any:
		if _, ok := v[assetKey]; ok && (like.IsAsset() || like.IsArchive()) {
			return like
		}
		var l resource.PropertyMap
		if like.IsObject() {
			l = like.ObjectValue()
		}
		return resource.NewProperty(properties(v, l))
	case string:
		return resource.NewProperty(v)
	case float64:
		return resource.NewProperty(v)
	case bool:
		return resource.NewProperty(v)
	}
	return resource.NewNullProperty()
}

func unsecret(v resource.PropertyValue) resource.PropertyValue {
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	return v
}

// conceal marks as secret every output that a secret input went into: the one of
// the same name, and any whose text contains a secret's text. So a secret name
// stays secret in the ARN.
func conceal(outputs, inputs resource.PropertyMap, always []string) resource.PropertyMap {
	var texts []string
	for _, v := range inputs {
		texts = append(texts, secretTexts(v, false)...)
	}
	for k, v := range outputs {
		in, given := inputs[k]
		if (given && in.ContainsSecrets()) || reveals(v, texts) {
			outputs[k] = resource.MakeSecret(v)
		}
	}
	for _, k := range always {
		if v, ok := outputs[resource.PropertyKey(k)]; ok && !v.IsSecret() {
			outputs[resource.PropertyKey(k)] = resource.MakeSecret(v)
		}
	}
	return outputs
}

// secretTexts lists the strings inside secrets. Short ones are in every text and
// tell nothing.
func secretTexts(v resource.PropertyValue, inside bool) []string {
	const telling = 4
	var out []string
	switch {
	case v.IsSecret():
		return secretTexts(v.SecretValue().Element, true)
	case v.IsString() && inside && len(v.StringValue()) >= telling:
		return []string{v.StringValue()}
	case v.IsArray():
		for _, e := range v.ArrayValue() {
			out = append(out, secretTexts(e, inside)...)
		}
	case v.IsObject():
		for _, e := range v.ObjectValue() {
			out = append(out, secretTexts(e, inside)...)
		}
	}
	return out
}

func reveals(v resource.PropertyValue, texts []string) bool {
	switch {
	case len(texts) == 0:
		return false
	case v.IsString():
		for _, t := range texts {
			if strings.Contains(v.StringValue(), t) {
				return true
			}
		}
	case v.IsArray():
		for _, e := range v.ArrayValue() {
			if reveals(e, texts) {
				return true
			}
		}
	case v.IsObject():
		for _, e := range v.ObjectValue() {
			if reveals(e, texts) {
				return true
			}
		}
	}
	return false
}
