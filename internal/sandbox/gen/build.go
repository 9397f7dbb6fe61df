package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// fact is what the real provider says about one attribute; see ask/main.go.
type fact struct {
	Kind     string           `json:"kind"`
	Required bool             `json:"required"`
	Optional bool             `json:"optional"`
	Computed bool             `json:"computed"`
	Secret   bool             `json:"secret"`
	Replace  bool             `json:"replace"`
	Default  any              `json:"default"`
	Fields   map[string]*fact `json:"fields"`
	Unasked  string           `json:"unasked"`
}

type factFile struct {
	Provider string                      `json:"provider"`
	Types    map[string]map[string]*fact `json:"types"`
}

// overrides is the small file of what neither source says, read by people.
type overrides struct {
	Names     map[string]*types.Name       `json:"names"`
	Renames   map[string]map[string]string `json:"renames"`
	ReplaceIf map[string]map[string]string `json:"replaceIf"`
	Defaults  map[string]map[string]any    `json:"defaults"`
}

// builder joins the SDK's shapes with the provider's facts.
type builder struct {
	sdk   sdk
	facts factFile
	over  overrides
	notes []string
}

// defaultMaxName is the longest automatic name where nothing else is known.
const defaultMaxName = 255

// build describes one type.
func (b *builder) build(token, terraform string) (*types.Type, error) {
	r, err := b.sdk.resource(token)
	if err != nil {
		return nil, err
	}
	t := &types.Type{Terraform: terraform, Source: "docs", Properties: map[string]*types.Property{}}
	facts := b.facts.Types[terraform]
	if facts != nil {
		t.Source = "provider"
	}
	names := pulumiNames(facts, b.over.Renames[token])
	for name, f := range merge(r.state, r.args) {
		arg, isInput := r.args[name]
		p, err := b.property(token+"."+name, r.pkg, f, names[name], facts != nil)
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
		if facts == nil && p.In == "optional" && !isOptionalOutput(r.outputs[name].goType) {
			p.Computed = true
		}
		p.Secret = p.Secret || slices.Contains(r.secrets, name)
		t.Properties[name] = p
	}
	b.override(token, t)
	return t, nil
}

func (b *builder) override(token string, t *types.Type) {
	for name, cond := range b.over.ReplaceIf[token] {
		t.Properties[name].ReplaceIf = cond
	}
	for name, v := range b.over.Defaults[token] {
		t.Properties[name].Default = v
	}
	if p := t.Properties["tagsAll"]; p != nil { // pulumi-aws sets it from the provider's default tags
		p.In, p.Computed = "", true
	}
	t.Name = b.over.Names[token]
	if p := t.Properties["name"]; t.Name == nil && p != nil && p.In == "optional" && p.Kind == types.String {
		t.Name = &types.Name{Property: "name", Max: defaultMaxName}
	}
	if t.Name != nil {
		t.Properties[t.Name.Property].Computed = true
	}
}

// property describes one property. asked tells that the provider's facts exist,
// so that their silence means something.
func (b *builder) property(where, pkg string, f sdkField, known *fact, asked bool) (*types.Property, error) {
	p, err := b.shape(where, pkg, strings.TrimPrefix(f.goType, "*"), known, asked)
	if err != nil {
		return nil, err
	}
	p.Replace = f.forcesNew
	if known == nil {
		if asked {
			b.notes = append(b.notes, where+": the provider has no such attribute")
		}
		return p, nil
	}
	p.Computed, p.Secret, p.Default = known.Computed, known.Secret, known.Default
	if known.Unasked == "" {
		p.Replace = known.Replace
	} else {
		p.Source = "docs"
		b.notes = append(b.notes, where+": replacement from the SDK's comment")
	}
	if known.Kind == types.Set && p.Kind == types.List {
		p.Kind = types.Set
	}
	return p, nil
}

// shape translates a Go type.
func (b *builder) shape(where, pkg, goType string, known *fact, asked bool) (*types.Property, error) {
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
		if strings.HasSuffix(strings.ToLower(where), "policy") {
			return &types.Property{Kind: types.JSON}, nil
		}
		return &types.Property{Kind: types.Any}, nil
	}
	if elem, ok := strings.CutPrefix(goType, "[]"); ok {
		of, err := b.shape(where+"[]", pkg, elem, known, asked)
		return &types.Property{Kind: types.List, Of: of}, err
	}
	if elem, ok := strings.CutPrefix(goType, "map[string]"); ok {
		of, err := b.shape(where+"{}", pkg, elem, known, asked)
		return &types.Property{Kind: types.Map, Of: of}, err
	}
	fields, pkg, err := b.sdk.fields(pkg, goType)
	if err != nil {
		return nil, err
	}
	if fields == nil { // a named string, such as an instance type
		return &types.Property{Kind: types.String}, nil
	}
	return b.object(where, pkg, fields, known, asked)
}

func (b *builder) object(where, pkg string, fields map[string]sdkField, known *fact, asked bool) (*types.Property, error) {
	if strings.Count(where, ".") > 12 {
		return nil, fmt.Errorf("%s: nested too deep", where)
	}
	var below map[string]*fact
	if known != nil {
		below = known.Fields
	}
	names := pulumiNames(below, nil)
	p := &types.Property{Kind: types.Object, Fields: map[string]*types.Property{}}
	for name, f := range fields {
		child, err := b.property(where+"."+name, pkg, f, names[name], asked && below != nil)
		if err != nil {
			return nil, err
		}
		child.In = requirement(f.goType, names[name])
		if below == nil && child.In == "optional" {
			child.Computed = true // nothing is known: do not invent a difference
		}
		p.Fields[name] = child
	}
	return p, nil
}

// requirement reads it from the Go type; where the type cannot tell, the
// provider does.
func requirement(goType string, known *fact) string {
	switch {
	case strings.HasPrefix(goType, "*"):
		return "optional"
	case strings.HasPrefix(goType, "[]"), strings.HasPrefix(goType, "map["), goType == "interface{}", strings.HasPrefix(goType, "pulumi.A"):
		if known != nil && known.Required {
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

// pulumiNames indexes facts by every name that Pulumi may give the attribute.
func pulumiNames(facts map[string]*fact, renames map[string]string) map[string]*fact {
	out := map[string]*fact{}
	for name, f := range facts {
		if p := plural(camel(name)); f.Kind == "list" || f.Kind == "set" {
			if out[p] == nil {
				out[p] = f
			}
		}
	}
	for name, f := range facts { // the exact name wins over a plural
		out[camel(name)] = f
		if to := renames[name]; to != "" {
			out[to] = f
		}
	}
	return out
}

func camel(s string) string {
	var b strings.Builder
	up := false
	for _, c := range s {
		switch {
		case c == '_':
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(c))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// plural adds Pulumi's plural ending.
func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsRune("aeiou", rune(s[len(s)-2])):
		return s[:len(s)-1] + "ies"
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	}
	return s + "s"
}
