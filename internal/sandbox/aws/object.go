package aws

import (
	"encoding/json"
	"strings"
)

// Text returns a string property, "" when it is absent, unknown or no string.
func (o Object) Text(key string) string {
	s, _ := o[key].(string)
	return s
}

// Flag returns a boolean property, false when it is absent or unknown.
func (o Object) Flag(key string) bool {
	b, _ := o[key].(bool)
	return b
}

// has tells whether a property is there and known.
func (o Object) has(key string) bool {
	v, ok := o[key]
	_, unknown := v.(Unknown)
	return ok && v != nil && v != "" && !unknown
}

// put sets a property that nobody set, or that is empty.
func (o Object) put(key string, v any) {
	if old, ok := o[key]; !ok || old == nil || old == "" {
		o[key] = v
	}
}

// At returns every known value at a path such as "routes[].gatewayId".
func (o Object) At(path string) []any {
	return at(map[string]any(o), strings.Split(path, "."))
}

func at(v any, path []string) []any {
	if o, ok := v.(Object); ok {
		v = map[string]any(o)
	}
	if len(path) == 0 {
		if v == nil || v == "" || v == (Unknown{}) {
			return nil
		}
		return []any{v}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	key, each := strings.CutSuffix(path[0], "[]")
	if !each {
		return at(m[key], path[1:])
	}
	items, _ := m[key].([]any)
	var out []any
	for _, item := range items {
		out = append(out, at(item, path[1:])...)
	}
	return out
}

// text returns the strings at a path.
func (o Object) text(path string) []string {
	var out []string
	for _, v := range o.At(path) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// objects returns the objects at a path.
func (o Object) objects(path string) []Object {
	var out []Object
	for _, v := range o.At(path) {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// whole returns a number property.
func (o Object) whole(key string) (int, bool) {
	f, ok := o[key].(float64)
	return int(f), ok
}

// document parses a property that holds JSON as text or as an object.
func document(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return v, nil
	}
	var out any
	err := json.Unmarshal([]byte(s), &out)
	return out, err
}
