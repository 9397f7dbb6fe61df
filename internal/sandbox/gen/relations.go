package main

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// relate adds which inputs exclude or need each other, in Pulumi's paths.
func (b *builder) relate(t *types.Type, a *answer, e *entity) {
	r := relator{t, e}
	r.fields(a.Fields, e.Fields, t.Properties)
	for _, g := range a.ExactlyOneOf {
		if paths := r.paths(g); len(paths) > 0 {
			t.ExactlyOneOf = append(t.ExactlyOneOf, paths)
		}
	}
	for _, g := range a.AtLeastOneOf {
		if paths := r.paths(g); len(paths) > 0 {
			t.AtLeastOneOf = append(t.AtLeastOneOf, paths)
		}
	}
}

type relator struct {
	t *types.Type
	e *entity
}

func (r relator) fields(facts map[string]*fact, fields map[string]*field, to map[string]*types.Property) {
	for attribute, f := range facts {
		p := to[property(attribute, fields)]
		if p == nil {
			continue
		}
		p.Conflicts, p.Needs = r.paths(f.Conflicts), r.paths(f.Needs)
		for inner := p; inner != nil; inner = inner.Of {
			if inner.Fields != nil {
				r.fields(f.Fields, fields[attribute].below(), inner.Fields)
			}
		}
	}
}

// paths translates Terraform's paths; those that the SDK has no input for are
// left out.
func (r relator) paths(from []string) []string {
	var out []string
	for _, path := range from {
		if p, ok := r.path(path); ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// path translates "rule.0.source" to "rule.source", or "rules[0].source" where
// Pulumi has a list.
func (r relator) path(from string) (string, bool) {
	fields, properties := r.e.Fields, r.t.Properties
	var b strings.Builder
	var at *types.Property
	var attribute string
	for part := range strings.SplitSeq(from, ".") {
		if part == "0" || part == "*" {
			if at != nil && at.Of != nil {
				b.WriteString("[0]")
				at = at.Of
			}
			continue
		}
		if at != nil {
			fields, properties = fields[attribute].below(), at.Fields
			b.WriteByte('.')
		}
		name := property(part, fields)
		if at = properties[name]; at == nil || !at.Input() {
			return "", false
		}
		attribute = part
		b.WriteString(name)
	}
	return b.String(), at != nil
}
