package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// randomDigits is how many digits follow the logical name in an automatic one.
const randomDigits = 7

// autoname returns the physical name for a resource that has none, or "" when
// the program gave one or wants none. A resource keeps its automatic name until
// it is replaced.
func autoname(t *types.Type, req *pulumirpc.CheckRequest, olds, news resource.PropertyMap) string {
	key := resource.PropertyKey(t.Name.Property)
	if v, given := news[key]; given && !v.IsNull() {
		return ""
	}
	if _, prefix := news[key+"Prefix"]; prefix {
		return unique(t.Name, unsecretText(news[key+"Prefix"]), req, news)
	}
	if old, ok := olds[key]; ok && old.IsString() && wasFilled(olds, t.Name.Property) {
		return old.StringValue()
	}
	switch a := req.GetAutonaming(); {
	case a != nil && a.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return ""
	case a != nil && a.GetProposedName() != "":
		return a.GetProposedName()
	}
	return unique(t.Name, t.Name.Prefix+resource.URN(req.GetUrn()).Name()+"-", req, news)
}

func unsecretText(v resource.PropertyValue) string {
	if v = unsecret(v); v.IsString() {
		return v.StringValue()
	}
	return ""
}

// wasFilled tells whether an old input was given by autoname.
func wasFilled(olds resource.PropertyMap, property string) bool {
	list := olds[defaultsKey]
	return list.IsArray() && slices.ContainsFunc(list.ArrayValue(), func(v resource.PropertyValue) bool {
		return v.IsString() && v.StringValue() == property
	})
}

// unique appends digits that come from the URN and the engine's seed, and
// shortens the prefix to the longest name that AWS accepts.
func unique(n *types.Name, prefix string, req *pulumirpc.CheckRequest, inputs resource.PropertyMap) string {
	sum := sha256.Sum256(append([]byte(req.GetUrn()+"\x00"), req.GetRandomSeed()...))
	suffix := hex.EncodeToString(sum[:])[:randomDigits]
	if v := unsecret(inputs[resource.PropertyKey(n.SuffixIf)]); n.SuffixIf != "" && v.IsBool() && v.BoolValue() {
		suffix += n.Suffix
	}
	if n.Lower {
		prefix = strings.ToLower(prefix)
	}
	if room := n.Max - len(suffix); len(prefix) > room {
		prefix = prefix[:room]
	}
	return prefix + suffix
}
