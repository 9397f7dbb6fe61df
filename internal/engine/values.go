package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// plainer turns property values into plain JSON values that may be shown.
type plainer struct {
	// hide replaces the texts of secret configuration values wherever they
	// appear; nil when there are none.
	hide *strings.Replacer
}

// newPlainer makes a plainer that hides the given texts. Very short ones would
// hit everything and stay.
func newPlainer(secrets []string) plainer {
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string
	for _, s := range longestFirst { // or the end of one that begins like another would stay
		if len(s) > 2 {
			pairs = append(pairs, s, gitops.Masked)
		}
	}
	if len(pairs) == 0 {
		return plainer{}
	}
	return plainer{hide: strings.NewReplacer(pairs...)}
}

func (p plainer) text(s string) string {
	if p.hide == nil {
		return s
	}
	return p.hide.Replace(s)
}

// object returns nil for nil.
func (p plainer) object(m resource.PropertyMap) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		if !resource.IsInternalPropertyKey(k) {
			out[string(k)] = p.value(v)
		}
	}
	return out
}

func (p plainer) value(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return gitops.Masked
	case v.IsComputed():
		return gitops.Unknown
	case v.IsOutput():
		o := v.OutputValue()
		switch {
		case o.Secret:
			return gitops.Masked
		case !o.Known:
			return gitops.Unknown
		}
		return p.value(o.Element)
	case v.IsString():
		return p.text(v.StringValue())
	case v.IsBool():
		return v.BoolValue()
	case v.IsNumber():
		return v.NumberValue()
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = p.value(e)
		}
		return out
	case v.IsObject():
		return p.object(v.ObjectValue())
	case v.IsAsset():
		return describeAsset(v.AssetValue())
	case v.IsArchive():
		return describeArchive(v.ArchiveValue())
	case v.IsResourceReference():
		ref := v.ResourceReferenceValue()
		if id, ok := ref.IDString(); ok && id != "" {
			return string(ref.URN) + "#" + id
		}
		return string(ref.URN)
	}
	return nil
}

func describeAsset(a *asset.Asset) string {
	switch {
	case a.Path != "":
		return "asset " + a.Path + hash(a.Hash)
	case a.URI != "":
		return "asset " + a.URI + hash(a.Hash)
	}
	return "asset text" + hash(a.Hash)
}

func describeArchive(a *archive.Archive) string {
	switch {
	case a.Path != "":
		return "archive " + a.Path + hash(a.Hash)
	case a.URI != "":
		return "archive " + a.URI + hash(a.Hash)
	}
	return "archive of assets" + hash(a.Hash)
}

func hash(h string) string {
	if h == "" {
		return ""
	}
	return " sha256:" + h[:min(12, len(h))]
}

// at returns the value at a path. secret tells that it, or something around it,
// is a secret; unknown that something around it is not known.
func at(v resource.PropertyValue, path resource.PropertyPath) (out resource.PropertyValue, found, secret bool) {
	v, secret = open(v)
	for _, el := range path {
		if v.IsComputed() {
			return v, true, secret
		}
		switch key := el.(type) {
		case int:
			if !v.IsArray() || key < 0 || key >= len(v.ArrayValue()) {
				return resource.NewNullProperty(), false, secret
			}
			v = v.ArrayValue()[key]
		case string:
			if !v.IsObject() {
				return resource.NewNullProperty(), false, secret
			}
			child, ok := v.ObjectValue()[resource.PropertyKey(key)]
			if !ok {
				return resource.NewNullProperty(), false, secret
			}
			v = child
		}
		var inner bool
		v, inner = open(v)
		secret = secret || inner
	}
	return v, true, secret
}

// open takes the wrappers off a value.
func open(v resource.PropertyValue) (inner resource.PropertyValue, secret bool) {
	for {
		switch {
		case v.IsSecret():
			v, secret = v.SecretValue().Element, true
		case v.IsOutput():
			o := v.OutputValue()
			secret = secret || o.Secret
			if !o.Known {
				return resource.MakeComputed(resource.NewProperty("")), secret
			}
			v = o.Element
		default:
			return v, secret
		}
	}
}
