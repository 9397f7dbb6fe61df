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
	empty := func(v resource.PropertyValue) bool { // an empty name that is no name may be left to us
		return v.IsString() && v.StringValue() == "" && !t.Properties[t.Name.Property].NotEmpty
	}
	if v, given := news[key]; given && !v.IsNull() && !empty(v) {
		return ""
	}
	if old := unsecretText(olds[key]); old != "" && // also one that the program gave before: the real provider keeps it
		(t.Name.Suffix == "" || strings.HasSuffix(old, t.Name.Suffix) == (suffix(t.Name, news) != "")) &&
		unsecretText(olds[key+"Prefix"]) == unsecretText(news[key+"Prefix"]) {
		return old
	}
	if prefix := unsecretText(news[key+"Prefix"]); prefix != "" {
		return unique(t.Name, prefix, req, news)
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
	end := hex.EncodeToString(sum[:])[:randomDigits] + suffix(n, inputs)
	if n.Lower {
		prefix = strings.ToLower(prefix)
	}
	if room := n.Max - len(end); len(prefix) > room {
		prefix = prefix[:room]
	}
	return prefix + end
}

// suffix returns what the name must end in, such as ".fifo".
func suffix(n *types.Name, inputs resource.PropertyMap) string {
	if v := unsecret(inputs[resource.PropertyKey(n.SuffixIf)]); n.SuffixIf != "" && v.IsBool() && v.BoolValue() {
		return n.Suffix
	}
	return ""
}
