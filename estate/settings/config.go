package settings

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// ConfigValue is a setting as Pulumi's configuration carries it.
type ConfigValue struct {
	// Text is the scalar itself, or the JSON of a list or map, in plain text.
	Text string
	// Secret tells that Text holds a secret, alone or somewhere inside.
	Secret bool
	// Object tells that Text is JSON.
	Object bool
}

// ToConfig turns the values of an environment file into Pulumi configuration,
// one entry per top-level setting. decrypt turns a ciphertext into plain text.
// Settings that are null are left out.
func ToConfig(values map[string]Value, decrypt func(ciphertext string) (string, error)) (map[string]ConfigValue, error) {
	out := make(map[string]ConfigValue, len(values))
	for k, v := range values {
		if v.Kind == Null {
			continue
		}
		c, err := toConfig(v, decrypt)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", v.Pos, k, err)
		}
		out[k] = c
	}
	return out, nil
}

func toConfig(v Value, decrypt func(string) (string, error)) (ConfigValue, error) {
	var c ConfigValue
	var failed error
	plain := v.Go(func(ciphertext string) any {
		c.Secret = true
		text, err := decrypt(ciphertext)
		if err != nil && failed == nil {
			failed = err
		}
		return text
	})
	if failed != nil {
		return ConfigValue{}, failed
	}
	switch p := plain.(type) {
	case string:
		c.Text = p
	case bool:
		c.Text = strconv.FormatBool(p)
	case json.Number:
		c.Text = p.String()
	default:
		b, err := json.Marshal(plain)
		if err != nil {
			return ConfigValue{}, err
		}
		c.Text, c.Object = string(b), true
	}
	return c, nil
}

// FromConfig is the inverse of ToConfig inside the program: it asks get for the
// text of every setting of the schema and gives it the kind that the schema
// asks for. Text that is not of that kind stays a text, for Check to refuse.
func FromConfig(s Schema, get func(key string) (text string, ok bool)) map[string]Value {
	out := map[string]Value{}
	for _, f := range s.Fields {
		text, ok := get(f.Key)
		if !ok {
			continue
		}
		v := fromConfig(f, text)
		v.Pos = Pos{File: "configuration"}
		out[f.Key] = v
	}
	return out
}

func fromConfig(f Field, text string) Value {
	switch f.Kind {
	case String, SecretValue, Duration, CIDR:
		return fromText(f, text)
	case Int, Float, Bool:
		if what, _ := scalarProblem(f.Kind, text); what == "" {
			return fromText(f, text)
		}
		return Value{Kind: String, Text: text}
	}
	v, err := parseJSON([]byte(text))
	if err != nil {
		return Value{Kind: String, Text: text}
	}
	return reveal(f, v)
}

// reveal marks the texts inside a list or map that the schema wants secret.
func reveal(f Field, v Value) Value {
	switch {
	case f.Kind == SecretValue && v.Kind == String:
		v.Kind = SecretValue
	case f.Kind == List && v.Kind == List:
		for i := range v.List {
			v.List[i] = reveal(*f.Elem, v.List[i])
		}
	case f.Kind == Map && v.Kind == Map:
		for k := range v.Map {
			v.Map[k] = reveal(*f.Elem, v.Map[k])
		}
	case f.Kind == Object && v.Kind == Map:
		for _, inner := range f.Fields {
			if e, ok := v.Map[inner.Key]; ok {
				v.Map[inner.Key] = reveal(inner, e)
			}
		}
	}
	return v
}
