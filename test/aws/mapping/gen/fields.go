package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/inflector"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// comparison is of the attributes of one object with the properties of the
// struct that the SDK has for it.
type comparison struct {
	*generator
	where string
	pkg   string     // in which the struct is
	props properties // of the struct
	args  properties // the inputs among them, for a resource
	top   bool       // a resource or a function, not something in one
}

// fields returns what does not follow from the attributes.
func (c comparison) fields(schema shim.SchemaMap) map[string]*mapping.Field {
	attributes := map[string]shim.Schema{}
	schema.Range(func(name string, s shim.Schema) bool {
		if !c.top || name != "id" && (name != "timeouts" || c.props["timeouts"] != "") {
			attributes[name] = s
		}
		return true
	})
	names, left := c.sameNames(attributes)
	maps.Copy(names, c.otherNames(attributes, names, left))
	out := map[string]*mapping.Field{}
	for attribute, name := range names {
		if f := c.named(schema, attribute, attributes[attribute], name); !empty(f) {
			out[attribute] = f
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sameNames gives attributes the property of the same name, or of its plural
// where the attribute is a list. left are the ones without.
func (c comparison) sameNames(attributes map[string]shim.Schema) (names map[string]string, left []string) {
	names, used := map[string]string{}, map[string]bool{}
	take := func(attribute, name string) bool {
		if c.props[name] == "" || used[name] {
			return false
		}
		names[attribute], used[name] = name, true
		return true
	}
	for _, attribute := range slices.Sorted(maps.Keys(attributes)) {
		one, many := mapping.Camel(attribute), ""
		if list(attributes[attribute]) {
			many = mapping.Camel(inflector.Pluralize(attribute))
		}
		switch {
		case strings.HasPrefix(c.props[many], "[]") && take(attribute, many):
		case take(attribute, one):
		case take(attribute, many):
		default:
			left = append(left, attribute)
		}
	}
	return names, left
}

// otherNames pairs the attributes that are left with the properties that are
// left, by how similar their names are.
func (c comparison) otherNames(attributes map[string]shim.Schema, names map[string]string, left []string) map[string]string {
	free := maps.Clone(c.props)
	for _, name := range names {
		delete(free, name)
	}
	if c.top {
		delete(free, "id")
	}
	var all []candidate
	for _, attribute := range left {
		for name, goType := range free {
			s := nameScore(attribute, attributes[attribute], name, goType)
			if len(left) == 1 && len(free) == 1 {
				s = max(s, sure)
			}
			if s >= sure {
				all = append(all, candidate{attribute, name, s})
			}
		}
	}
	slices.SortFunc(all, byScore)
	out := map[string]string{}
	for _, p := range all {
		if _, ok := free[p.token]; !ok || out[p.entity] != "" {
			continue
		}
		out[p.entity] = p.token
		delete(free, p.token)
		c.note(c.where, fmt.Sprintf("%s is %s (%.2f)", p.entity, p.token, p.score))
	}
	for _, attribute := range left {
		if out[attribute] == "" {
			c.note(c.where, "no property for "+attribute)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(free)) {
		c.note(c.where, "no attribute for "+name+" "+free[name])
	}
	return out
}

// nameScore tells how well a property suits an attribute, from 0 to 1; 2 is
// certain.
func nameScore(attribute string, s shim.Schema, name, goType string) float64 {
	if strings.HasPrefix(goType, "[]") && !list(s) {
		return 0
	}
	if assetKind(goType) != "" {
		if attribute == "filename" || attribute == "source" {
			return 2
		}
		return 0
	}
	a, b := letters(attribute), strings.ToLower(name)
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return max(0.6, similar(a, b))
	}
	return similar(a, b)
}

// named compares one attribute with its property.
func (c comparison) named(schema shim.SchemaMap, attribute string, s shim.Schema, name string) *mapping.Field {
	f := c.field(attribute, s, c.props[name])
	// The bridge's own rule must come to the same name, or be told.
	byRule := tfbridge.TerraformToPulumiNameV2(attribute, schema, map[string]*info.Schema{attribute: {MaxItemsOne: f.One}})
	if name != mapping.Camel(attribute) || name != byRule {
		f.Name = name
	}
	f.Named = c.top && attribute != "name" && s.Required() && s.Type() == shim.TypeString && strings.HasPrefix(c.args[name], "*")
	return f
}

// field compares the shape of an attribute with the Go type of its property.
func (c comparison) field(attribute string, s shim.Schema, goType string) *mapping.Field {
	f := &mapping.Field{}
	goType = strings.TrimLeft(goType, "*")
	if f.Asset = assetKind(goType); f.Asset != "" {
		return f
	}
	switch s.Type() {
	case shim.TypeString:
		f.JSON = goType == "interface{}"
	case shim.TypeList, shim.TypeSet:
		many := strings.HasPrefix(goType, "[]")
		if one := s.MaxItems() == 1; many == one {
			f.One = &[]bool{!many}[0]
		}
		f.Each = c.each(attribute, s, strings.TrimPrefix(goType, "[]"))
	case shim.TypeMap:
		f.Each = c.each(attribute, s, strings.TrimPrefix(goType, "map[string]"))
	}
	return f
}

// each compares the items of a list or a map, or an object.
func (c comparison) each(attribute string, s shim.Schema, goType string) *mapping.Field {
	switch elem := s.Elem().(type) {
	case shim.Resource:
		props, pkg, ok := c.sdk.nested(c.pkg, goType)
		if !ok {
			if goType != "interface{}" {
				c.note(c.where+"."+attribute, "no struct "+goType)
			}
			return nil
		}
		inner := comparison{generator: c.generator, where: c.where + "." + attribute, pkg: pkg, props: props}
		if fields := inner.fields(elem.Schema()); fields != nil {
			return &mapping.Field{Fields: fields}
		}
	case shim.Schema:
		if f := c.field(attribute+"[]", elem, goType); f.One != nil || f.Each != nil || f.Fields != nil {
			return f
		}
	}
	return nil
}

// assetKind tells whether a program gives a file or an archive.
func assetKind(goType string) string {
	return map[string]string{"pulumi.Archive": "archive", "pulumi.AssetOrArchive": "asset"}[goType]
}

// empty tells that everything follows from the attribute.
func empty(f *mapping.Field) bool {
	return f.Name == "" && f.One == nil && f.Asset == "" && !f.JSON && !f.Named && f.Each == nil && f.Fields == nil
}
