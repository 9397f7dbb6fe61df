package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// validate reports everything that is wrong with inputs, in order of property.
// named tells that the name was filled in.
func validate(t *types.Type, in aws.Object, named bool) []*pulumirpc.CheckFailure {
	c := described(t, in, named)
	if c.misshapen {
		return c.failures // other rules may rely on the shapes
	}
	further := aws.Check(t.Token, in)
	for _, f := range further { // what is written by hand for a type says it better
		c.failures = slices.DeleteFunc(c.failures, func(g *pulumirpc.CheckFailure) bool { return g.GetProperty() == f.Property })
	}
	for _, f := range further {
		c.fail(f.Property, f.Reason)
	}
	return c.failures
}

// described holds inputs against the description of their type alone, which is
// what the provider answered.
func described(t *types.Type, in aws.Object, named bool) *checker {
	own := maps.Clone(in)
	delete(own, "tagsAll")
	c := &checker{root: own, described: t}
	if named && own[t.Name.Property+"Prefix"] != nil {
		c.root = maps.Clone(own)
		delete(c.root, t.Name.Property) // the program gave the prefix, and the rest is ours
	}
	c.fields(t.Properties, own, "")
	if !c.misshapen {
		c.groups()
	}
	return c
}

// checker holds inputs against the description of their type.
type checker struct {
	root      aws.Object
	described *types.Type
	failures  []*pulumirpc.CheckFailure
	// misshapen tells that something is missing, unknown to the type, or of
	// another kind.
	misshapen bool
}

func (c *checker) fail(property, reason string) {
	c.failures = append(c.failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
}

func (c *checker) misshape(property, reason string) {
	c.misshapen = true
	c.fail(property, reason)
}

func (c *checker) fields(fields map[string]*types.Property, in map[string]any, prefix string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, given := in[name]; !given && fields[name].Required() {
			c.misshape(prefix+name, "missing required property "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		p := fields[name]
		if p == nil || !p.Input() {
			c.misshape(prefix+name, "there is no input "+name+hint(name, fields))
			continue
		}
		c.value(p, in[name], prefix+name, name)
		c.relations(p, prefix+name)
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

// value checks one value. name is what the program calls it, without the path.
func (c *checker) value(p *types.Property, v any, path, name string) {
	if _, unknown := v.(aws.Unknown); unknown {
		return
	}
	if !isKind(p, v) {
		c.misshape(path, fmt.Sprintf("expected %s, got %s", describe(p), kindOf(v)))
		return
	}
	counted := v
	if list, ok := v.([]any); ok && p.Kind == types.Set {
		counted = distinct(list)
	}
	if reason := beyond(&p.Limits, name, counted); reason != "" {
		c.fail(path, reason)
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if p.Of != nil {
				c.value(p.Of, e, fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%s[%d]", name, i))
			}
		}
	case map[string]any:
		if p.Kind == types.Object {
			c.fields(p.Fields, v, path+".")
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if p.Kind == types.Map {
				c.value(p.Of, v[k], path+"."+k, k)
			}
		}
	}
}

// distinct returns the elements of a set, each once.
func distinct(list []any) []any {
	seen := map[string]bool{}
	var out []any
	for _, v := range list {
		if text := jsonText(v); !seen[text] {
			seen[text] = true
			out = append(out, v)
		}
	}
	return out
}

// hide takes out of the reasons the values of the inputs that are secret.
func hide(inputs resource.PropertyMap, failures []*pulumirpc.CheckFailure) []*pulumirpc.CheckFailure {
	for _, f := range failures {
		top := strings.FieldsFunc(f.GetProperty(), func(r rune) bool { return r == '.' || r == '[' })[0]
		if in := inputs[resource.PropertyKey(top)]; in.ContainsSecrets() {
			f.Reason = "the secret value is refused: " + withoutValues(f.GetReason(), plainValue(in))
		}
	}
	return failures
}

// withoutValues replaces every text in a value, wherever it is in the reason.
func withoutValues(reason string, v any) string {
	switch v := v.(type) {
	case string:
		if v != "" {
			reason = strings.ReplaceAll(reason, v, "[secret]")
		}
	case float64:
		reason = strings.ReplaceAll(reason, fmt.Sprint(v), "[secret]")
	case []any:
		for _, e := range v {
			reason = withoutValues(reason, e)
		}
	case map[string]any:
		for _, e := range v {
			reason = withoutValues(reason, e)
		}
	}
	return reason
}
