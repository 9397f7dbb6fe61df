package typestest

import (
	"maps"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Base returns inputs that are as few as possible.
func Base(t *types.Type, more map[string]any) map[string]any {
	b := map[string]any{}
	add := func(path string) {
		name, _, nested := strings.Cut(path, ".")
		p := t.Properties[name]
		if _, given := b[name]; given || nested || p == nil {
			return
		}
		if v, ok := Example(name, p, 0); ok {
			b[name] = v
		}
	}
	for name, p := range t.Properties {
		if p.Required() {
			add(name)
		}
	}
	if t.Name != nil {
		add(t.Name.Property)
	}
	for _, groups := range [][][]string{t.ExactlyOneOf, t.AtLeastOneOf} {
		for _, g := range groups {
			if !slices.ContainsFunc(g, func(path string) bool { return b[path] != nil }) {
				for _, path := range g {
					if add(path); b[path] != nil {
						break
					}
				}
			}
		}
	}
	for k, v := range more {
		b[k] = v
		if v == nil {
			delete(b, k)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		for _, path := range t.Properties[name].Needs {
			add(path)
		}
	}
	return b
}

// With returns the inputs with a value, without what excludes it and with what
// it needs.
func With(t *types.Type, b map[string]any, name string, v any) map[string]any {
	out := maps.Clone(b)
	out[name] = v
	p := t.Properties[name]
	for _, other := range p.Conflicts {
		delete(out, other)
	}
	for _, g := range t.ExactlyOneOf {
		if slices.Contains(g, name) {
			for _, other := range g {
				if other != name {
					delete(out, other)
				}
			}
		}
	}
	for _, other := range p.Needs {
		if q := t.Properties[other]; q != nil && out[other] == nil {
			if x, ok := Example(other, q, 0); ok {
				out[other] = x
			}
		}
	}
	return out
}
