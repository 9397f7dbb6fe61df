package settings

import "fmt"

// Setting is one setting of a stack with its value and where that comes from.
type Setting struct {
	// Path is the key, such as "listeners[0].port".
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	// Value is the value as JSON text; Masked for a secret, empty when unset.
	Value string `json:"value"`
	// Origin is "default", "unset", "unknown key", or the "file:line:col" of the
	// value.
	Origin  string `json:"origin"`
	Secret  bool   `json:"secret,omitempty"`
	Doc     string `json:"doc,omitempty"`
	GoField string `json:"goField,omitempty"`
	Source  string `json:"source,omitempty"`
}

// Resolve returns every setting in the order of the schema, those inside
// objects, lists and maps one by one, then the keys that nothing asks for.
func Resolve(s Schema, values map[string]Value) []Setting {
	return resolveObject(s.Fields, "", values)
}

func resolveObject(fields []Field, path string, values map[string]Value) []Setting {
	var out []Setting
	known := map[string]bool{}
	for _, f := range fields {
		known[f.Key] = true
		out = append(out, resolveField(f, join(path, f.Key), values[f.Key])...)
	}
	for _, k := range (Value{Map: values}).Keys() {
		if v := values[k]; !known[k] {
			out = append(out, Setting{Path: join(path, k), Kind: v.Kind, Value: v.String(), Origin: "unknown key"})
		}
	}
	return out
}

func resolveField(f Field, path string, v Value) []Setting {
	if v.Kind == "" || v.Kind == Null {
		if f.Kind == Object && !f.Optional {
			return resolveObject(f.Fields, path, nil)
		}
		s := setting(f, path, defaultValue(f), "unset")
		if f.Default != nil {
			s.Origin = "default"
		}
		return []Setting{s}
	}
	switch {
	case f.Kind == Object && v.Kind == Map:
		return resolveObject(f.Fields, path, v.Map)
	case f.Kind == List && v.Kind == List && len(v.List) > 0:
		var out []Setting
		for i, e := range v.List {
			out = append(out, resolveField(*f.Elem, fmt.Sprintf("%s[%d]", path, i), e)...)
		}
		return out
	case f.Kind == Map && v.Kind == Map && len(v.Map) > 0:
		var out []Setting
		for _, k := range v.Keys() {
			out = append(out, resolveField(*f.Elem, join(path, k), v.Map[k])...)
		}
		return out
	}
	return []Setting{setting(f, path, v, v.Pos.String())}
}

func setting(f Field, path string, v Value, origin string) Setting {
	s := Setting{Path: path, Kind: f.Kind, Origin: origin, Secret: f.Kind == SecretValue,
		Doc: f.Doc, GoField: f.GoField, Source: f.Source}
	switch {
	case v.Kind == Null:
	case s.Secret:
		s.Value = Masked
	default:
		s.Value = v.String()
	}
	return s
}
