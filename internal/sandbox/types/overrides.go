package types

import "fmt"

// people is overrides.json: what neither the SDK nor the provider tells, by
// token.
type people struct {
	Names     map[string]*Name             `json:"names"`
	ReplaceIf map[string]map[string]string `json:"replaceIf"`
	Defaults  map[string]map[string]any    `json:"defaults"`
}

// apply lays what people know over a type.
func (o people) apply(t *Type) error {
	for name, cond := range o.ReplaceIf[t.Token] {
		p := t.Properties[name]
		if p == nil || t.Properties[cond] == nil {
			return fmt.Errorf("overrides.json: replaceIf: %s has no property %s or no %s", t.Token, name, cond)
		}
		p.ReplaceIf = cond
	}
	for name, v := range o.Defaults[t.Token] {
		p := t.Properties[name]
		if p == nil {
			return fmt.Errorf("overrides.json: defaults: %s has no property %s", t.Token, name)
		}
		p.Default = v
	}
	if n := o.Names[t.Token]; n != nil {
		if t.Properties[n.Property] == nil {
			return fmt.Errorf("overrides.json: names: %s has no property %s", t.Token, n.Property)
		}
		t.Name = n
	}
	if t.Name != nil {
		t.Properties[t.Name.Property].Computed = true
	}
	return nil
}

// complete refuses a description in which something is missing that others rely
// on.
func (t *Type) complete() error {
	if t.Name != nil && (t.Properties[t.Name.Property] == nil || t.Name.Max < 1) {
		return fmt.Errorf("it is named by %q, of %d bytes at most", t.Name.Property, t.Name.Max)
	}
	for name, p := range t.Properties {
		if err := p.complete(name); err != nil {
			return err
		}
	}
	return nil
}

func (p *Property) complete(where string) error {
	if p == nil {
		return fmt.Errorf("%s is described by nothing", where)
	}
	if err := p.Limits.complete(); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	switch p.Kind {
	case List, Set, Map:
		return p.Of.complete(where + "[]")
	case Object:
		for name, f := range p.Fields {
			if err := f.complete(where + "." + name); err != nil {
				return err
			}
		}
	case String, Int, Number, Bool, JSON, Asset, Any:
	default:
		return fmt.Errorf("%s is of the kind %q", where, p.Kind)
	}
	return nil
}
