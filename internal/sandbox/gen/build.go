package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// builder joins the SDK's shapes with the provider's answers.
type builder struct {
	sdk     sdk
	answers map[string]*answer // by Terraform type
	notes   []string
}

// known is what the sources say about one property; all nil when nothing.
type known struct {
	fact  *fact
	field *field
	// asked tells that the provider was asked, so that its silence means
	// something.
	asked bool
}

// defaultMaxName is the longest automatic name where nothing else is known.
const defaultMaxName = 255

// build describes one type.
func (b *builder) build(terraform string, e *entity) (*types.Type, error) {
	r, err := b.sdk.resource(e.Token)
	if err != nil {
		return nil, err
	}
	t := &types.Type{Terraform: terraform, Source: "docs", Properties: map[string]*types.Property{}}
	a := b.answers[terraform]
	facts := map[string]known{}
	if a != nil {
		t.Source = "provider"
		facts = byProperty(a.Fields, e.Fields)
	}
	for name, f := range merge(r.state, r.args) {
		arg, isInput := r.args[name]
		k := facts[name]
		k.asked = a != nil
		p, err := b.property(e.Token+"."+name, r.pkg, f, k)
		if err != nil {
			return nil, err
		}
		p.In = ""
		if isInput {
			p.In = requirement(arg.goType, nil)
			if slices.Contains(r.required, name) {
				p.In = "required"
			}
		}
		if a == nil && p.In == "optional" && !isOptionalOutput(r.outputs[name].goType) {
			p.Computed = true
		}
		p.Secret = p.Secret || slices.Contains(r.secrets, name)
		t.Properties[name] = p
	}
	if p := t.Properties["tagsAll"]; p != nil { // pulumi-aws sets it from the provider's default tags
		p.In, p.Computed = "", true
	}
	nameOf(t, e)
	if a != nil {
		b.relate(t, a, e)
	}
	return t, nil
}

// nameOf decides which property holds the automatic name.
func nameOf(t *types.Type, e *entity) {
	property := "name"
	for attribute, f := range e.Fields {
		if f.Named {
			property = camel(attribute)
			if f.Name != "" {
				property = f.Name
			}
		}
	}
	p := t.Properties[property]
	if p == nil || p.In != "optional" || p.Kind != types.String {
		return
	}
	t.Name = &types.Name{Property: property, Max: defaultMaxName}
	if p.MaxLength != nil && *p.MaxLength < t.Name.Max {
		t.Name.Max = *p.MaxLength
	}
	p.Computed = true
}

// property describes one property.
func (b *builder) property(where, pkg string, f sdkField, k known) (*types.Property, error) {
	p, err := b.shape(where, pkg, strings.TrimPrefix(f.goType, "*"), k)
	if err != nil {
		return nil, err
	}
	p.Replace = f.forcesNew
	if k.fact == nil {
		if k.asked {
			b.notes = append(b.notes, where+": the provider has no such attribute")
		}
		return p, nil
	}
	p.Computed, p.Secret, p.Default = k.fact.Computed, k.fact.Secret, k.fact.Default
	if k.fact.Unasked == "" {
		p.Replace = k.fact.Replace
	} else {
		p.Source = "docs"
	}
	if k.fact.Kind == types.Set && p.Kind == types.List {
		p.Kind = types.Set
	}
	held := k.fact.limits.held()
	if p.Of != nil && k.fact.Of != nil {
		p.Of.Limits = k.fact.Of.held()
	}
	if p.Kind == types.String && (k.fact.Kind == types.List || k.fact.Kind == types.Set) && k.fact.Of != nil {
		held = k.fact.Of.held() // a list of one, which Pulumi flattens
	}
	p.Limits = held
	typed(p)
	count(p, k)
	if p.Kind == types.Object || p.Kind == types.Asset {
		p.Limits = types.Limits{}
	}
	return p, nil
}

// count bounds lists of blocks: where the SDK has a list and the provider one
// block, and where the provider wants at least one.
func count(p *types.Property, k known) {
	if (p.Kind != types.List && p.Kind != types.Set) || k.fact.Fields == nil {
		return
	}
	if k.field != nil && k.field.One != nil && !*k.field.One {
		p.MaxItems = new(1)
	}
	if k.fact.Required && p.MinItems == nil {
		p.MinItems = new(1)
	}
}

// typed makes the values that are allowed of the property's own kind: the
// provider prints numbers and texts alike.
func typed(p *types.Property) {
	for i, v := range p.OneOf {
		switch v := v.(type) {
		case string:
			if n, err := strconv.ParseFloat(v, 64); err == nil && (p.Kind == types.Int || p.Kind == types.Number) {
				p.OneOf[i] = n
			}
		case float64:
			if p.Kind == types.String {
				p.OneOf[i] = strconv.FormatFloat(v, 'f', -1, 64)
			}
		}
	}
}

// shape translates a Go type.
func (b *builder) shape(where, pkg, goType string, k known) (*types.Property, error) {
	switch goType {
	case "string":
		return &types.Property{Kind: types.String}, nil
	case "int":
		return &types.Property{Kind: types.Int}, nil
	case "float64":
		return &types.Property{Kind: types.Number}, nil
	case "bool":
		return &types.Property{Kind: types.Bool}, nil
	case "pulumi.Archive", "pulumi.AssetOrArchive":
		return &types.Property{Kind: types.Asset}, nil
	case "interface{}":
		if isDocument(where, k) {
			return &types.Property{Kind: types.JSON}, nil
		}
		return &types.Property{Kind: types.Any}, nil
	}
	if elem, ok := strings.CutPrefix(goType, "[]"); ok {
		of, err := b.shape(where+"[]", pkg, elem, k.each())
		return &types.Property{Kind: types.List, Of: of}, err
	}
	if elem, ok := strings.CutPrefix(goType, "map[string]"); ok {
		of, err := b.shape(where+"{}", pkg, elem, k.each())
		return &types.Property{Kind: types.Map, Of: of}, err
	}
	fields, pkg, err := b.sdk.fields(pkg, goType)
	if err != nil {
		return nil, err
	}
	if fields == nil { // a named string, such as an instance type
		return &types.Property{Kind: types.String}, nil
	}
	return b.object(where, pkg, fields, k)
}

// isDocument tells whether a property that may be a text or an object is a JSON
// document, and not the name of a resource or the resource itself.
func isDocument(where string, k known) bool {
	if strings.HasSuffix(strings.ToLower(where), "policy") {
		return true
	}
	return k.field != nil && k.field.JSON && k.fact != nil && (k.fact.Format == "json" || k.fact.Format == "policy")
}

// each is what is known of the elements of a list or map.
func (k known) each() known {
	if k.field != nil && k.field.Each != nil {
		k.field = k.field.Each
	}
	return k
}

// deepest bounds the description of a struct that holds itself, in a type that
// the provider was not asked about.
const deepest = 12

func (b *builder) object(where, pkg string, fields map[string]sdkField, k known) (*types.Property, error) {
	if k.fact == nil && strings.Count(where, ".") > deepest {
		return &types.Property{Kind: types.Any}, nil
	}
	var below map[string]*fact
	if k.fact != nil {
		below = k.fact.Fields
	}
	facts := byProperty(below, k.field.below())
	p := &types.Property{Kind: types.Object, Fields: map[string]*types.Property{}}
	for name, f := range fields {
		inner := facts[name]
		inner.asked = k.asked && below != nil
		if inner.asked && inner.fact == nil { // some of the SDK's structs hold themselves, the provider's blocks do not
			continue
		}
		child, err := b.property(where+"."+name, pkg, f, inner)
		if err != nil {
			return nil, err
		}
		child.In = requirement(f.goType, inner.fact)
		if g := inner.fact; g != nil && !g.Required && !g.Optional {
			child.In = "" // the SDK has one struct for what goes in and what comes out
		}
		if below == nil && child.In == "optional" {
			child.Computed = true // nothing is known: do not invent a difference
		}
		p.Fields[name] = child
	}
	return p, nil
}

// requirement reads it from the Go type; where the type cannot tell, the
// provider does.
func requirement(goType string, f *fact) string {
	switch {
	case strings.HasPrefix(goType, "*"):
		return "optional"
	case strings.HasPrefix(goType, "[]"), strings.HasPrefix(goType, "map["), goType == "interface{}", strings.HasPrefix(goType, "pulumi.A"):
		if f != nil && f.Required {
			return "required"
		}
		return "optional"
	}
	return "required"
}

func isOptionalOutput(goType string) bool {
	return strings.Contains(goType, "PtrOutput") || strings.Contains(goType, "ArrayOutput") || strings.Contains(goType, "MapOutput")
}

func merge(a, b map[string]sdkField) map[string]sdkField {
	out := map[string]sdkField{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b { // the arguments have the better comments and shapes
		out[k] = v
	}
	return out
}

// byProperty indexes facts by the names that Pulumi gives the attributes.
func byProperty(facts map[string]*fact, fields map[string]*field) map[string]known {
	out := map[string]known{}
	for attribute, f := range facts {
		out[property(attribute, fields)] = known{fact: f, field: fields[attribute]}
	}
	return out
}
