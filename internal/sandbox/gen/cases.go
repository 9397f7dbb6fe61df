package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types/typestest"
)

// caseFile is what test/aws/fidelity asks the real provider about.
type caseFile struct {
	Types map[string]*typeCases `json:"types"` // by token
}

type typeCases struct {
	Properties map[string]*types.Property `json:"properties"`
	Changes    []change                   `json:"changes"`
	Odd        []odd                      `json:"odd"`
}

// change is one change of one property.
type change struct {
	Path string `json:"path"`
	How  string `json:"how"` // "change", "add" or "remove"
	// Before and After are all inputs.
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

// odd is a set of inputs with one that is odd.
type odd struct {
	Path string         `json:"path"`
	What string         `json:"what"`
	In   map[string]any `json:"in"`
}

// writeCases writes the cases for the types in fidelity.txt.
func writeCases(in inputs, path string) error {
	list, err := os.ReadFile(filepath.Join(in.here, "fidelity.txt"))
	if err != nil {
		return err
	}
	var more map[string]map[string]any
	if err := readJSON(filepath.Join(in.here, "bases.json"), &more); err != nil {
		return err
	}
	var c types.Catalog
	out := caseFile{map[string]*typeCases{}}
	for _, token := range strings.Fields(string(list)) {
		t, err := c.Find(token)
		if err != nil {
			return err
		}
		out.Types[token] = casesOf(t, more[token])
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func casesOf(t *types.Type, more map[string]any) *typeCases {
	b := typestest.Base(t, more)
	out := &typeCases{Properties: t.Properties}
	for _, name := range sorted(t.Properties) {
		p := t.Properties[name]
		if !p.Input() || name == "timeouts" || name == "tagsAll" {
			continue
		}
		out.changes(t, b, name, p)
		out.odd(t, b, name, p)
	}
	return out
}

func (c *typeCases) changes(t *types.Type, b map[string]any, name string, p *types.Property) {
	v0, ok0 := typestest.Example(name, p, 0)
	v1, ok1 := typestest.Example(name, p, 1)
	if given, ok := b[name]; ok {
		v0, ok0 = given, true
		if equalJSON(v0, v1) {
			v1, ok1 = typestest.Example(name, p, 0)
		}
	}
	if !ok0 || !ok1 {
		return
	}
	before := typestest.With(t, b, name, v0)
	if !equalJSON(v0, v1) {
		c.Changes = append(c.Changes, change{name, "change", before, typestest.With(t, b, name, v1)})
	}
	if p.In == "optional" {
		without := maps.Clone(before)
		delete(without, name)
		if len(p.Conflicts) == 0 {
			c.Changes = append(c.Changes, change{name, "remove", before, without}, change{name, "add", without, typestest.With(t, b, name, v1)})
		}
	}
	c.nested(t, b, name, p, name, func(v any) any { return v }, v0)
}

// nested varies what is in an object or in the only element of a list.
func (c *typeCases) nested(t *types.Type, b map[string]any, top string, p *types.Property, path string, place func(any) any, v any) {
	if strings.Count(path, ".") > 3 {
		return
	}
	inner, put, value := p, place, v
	if p.Of != nil && (p.Kind == types.List || p.Kind == types.Set) {
		list, _ := v.([]any)
		if len(list) != 1 {
			return
		}
		inner, value = p.Of, list[0]
		path += "[0]"
		put = func(v any) any { return place([]any{v}) }
	}
	o, ok := value.(map[string]any)
	if inner.Kind != types.Object || !ok {
		return
	}
	for _, name := range sorted(inner.Fields) {
		f := inner.Fields[name]
		if !f.Input() {
			continue
		}
		v0, ok0 := typestest.Example(name, f, 0)
		v1, ok1 := typestest.Example(name, f, 1)
		if !ok0 || !ok1 {
			continue
		}
		at := func(v any) any {
			x := maps.Clone(o)
			x[name] = v
			return put(x)
		}
		if !equalJSON(v0, v1) {
			c.Changes = append(c.Changes, change{path + "." + name, "change", typestest.With(t, b, top, at(v0)), typestest.With(t, b, top, at(v1))})
		}
		c.nested(t, b, top, f, path+"."+name, at, v0)
	}
}

// odd tries values that hardly anything accepts, whether limits are known or not.
func (c *typeCases) odd(t *types.Type, b map[string]any, name string, p *types.Property) {
	try := func(what string, v any) { c.Odd = append(c.Odd, odd{name, what, typestest.With(t, b, name, v)}) }
	switch p.Kind {
	case types.String:
		for _, x := range [][2]string{{"odd", "zz~probe"}, {"empty", ""}, {"long", strings.Repeat("a", 3000)}, {"symbols", "a b/c?é"}, {"capital", "Aa1"}} {
			try(x[0], x[1])
		}
	case types.Int, types.Number:
		try("negative", -7.0)
		try("huge", 1e9)
		try("zero", 0.0)
	case types.List, types.Set:
		try("none", []any{})
		if p.Of.Kind == types.String {
			try("odd", []any{"zz~probe"})
		}
		if v, ok := typestest.Example(name, p, 0); ok && len(v.([]any)) == 1 {
			try("many", slices.Repeat(v.([]any), 120))
		}
	}
	if p.Required() {
		without := maps.Clone(b)
		delete(without, name)
		c.Odd = append(c.Odd, odd{name, "missing", without})
	}
	for _, other := range p.Conflicts {
		q := t.Properties[other]
		if q == nil {
			continue
		}
		v, ok1 := typestest.Example(name, p, 0)
		w, ok2 := typestest.Example(other, q, 0)
		if ok1 && ok2 {
			both := typestest.With(t, b, name, v)
			both[other] = w
			c.Odd = append(c.Odd, odd{name, "conflict", both})
			break
		}
	}
	for _, g := range t.ExactlyOneOf {
		if g[0] == name {
			none := maps.Clone(b)
			for _, path := range g {
				delete(none, path)
			}
			c.Odd = append(c.Odd, odd{name, "none of a group", none})
		}
	}
	c.oddInside(t, b, name, p)
}

// oddInside tries odd values one level down.
func (c *typeCases) oddInside(t *types.Type, b map[string]any, name string, p *types.Property) {
	inner, put := p, func(v any) any { return v }
	if p.Of != nil && (p.Kind == types.List || p.Kind == types.Set) {
		inner, put = p.Of, func(v any) any { return []any{v} }
	}
	v, ok := typestest.Example(name, inner, 0)
	o, isObject := v.(map[string]any)
	if inner.Kind != types.Object || !ok || !isObject {
		return
	}
	for _, field := range sorted(inner.Fields) {
		f := inner.Fields[field]
		var value any
		switch {
		case !f.Input():
			continue
		case f.Kind == types.String:
			value = "zz~probe"
		case f.Kind == types.Int, f.Kind == types.Number:
			value = -7.0
		default:
			continue
		}
		x := maps.Clone(o)
		x[field] = value
		c.Odd = append(c.Odd, odd{name + "." + field, "odd", typestest.With(t, b, name, put(x))})
	}
}

func equalJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
