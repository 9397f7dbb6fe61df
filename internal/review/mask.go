package review

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// mask replaces what looks like a secret in a plain value that stands under the
// name, and tells whether it did. The value itself stays as it is.
func mask(v any, name string) (any, bool) {
	switch c := v.(type) {
	case string:
		return maskString(c, name)
	case map[string]any:
		return maskObject(c, name)
	case []any:
		return eachValue(c, func(_ string, e any) (any, bool) { return mask(e, name) })
	}
	return v, false
}

func maskMap(m map[string]any) map[string]any {
	if out, changed := maskObject(m, ""); changed {
		return out.(map[string]any)
	}
	return m
}

// maskObject masks the values of a map. An object {name: DB_PASSWORD, value: …}
// is how containers write their variables: its value stands under that name.
func maskObject(m map[string]any, name string) (any, bool) {
	variable := ""
	for _, k := range []string{"name", "Name", "key", "Key"} {
		if n, ok := m[k].(string); ok {
			variable = n
		}
	}
	return eachValue(m, func(at string, e any) (any, bool) {
		under := at[1:]
		switch {
		case strings.EqualFold(under, "value") && variable != "":
			under = variable
		case strings.EqualFold(under, "value"), under == "default":
			under = name
		}
		return mask(e, under)
	})
}

// eachValue applies f to the values of a map or the elements of a list, under
// their place: ".key" or "[]". It copies only what changes.
func eachValue(v any, f func(at string, e any) (any, bool)) (any, bool) {
	changed := false
	switch c := v.(type) {
	case map[string]any:
		for k, e := range c {
			if now, ok := f("."+k, e); ok {
				if !changed {
					c, changed = maps.Clone(c), true
				}
				c[k] = now
			}
		}
		return c, changed
	case []any:
		for i, e := range c {
			if now, ok := f("[]", e); ok {
				if !changed {
					c, changed = slices.Clone(c), true
				}
				c[i] = now
			}
		}
		return c, changed
	}
	return v, false
}

// maskString masks a text, also inside the JSON that it may hold.
func maskString(s, name string) (any, bool) {
	if s == gitops.Masked || s == gitops.Unknown || s == Suspect {
		return s, false
	}
	if parsed, ok := parseJSON(s); ok {
		masked, changed := mask(parsed, name)
		if !changed {
			return s, false
		}
		b, err := json.Marshal(masked)
		if err != nil {
			return Suspect, true
		}
		return string(b), true
	}
	if namesSecret(name, s) {
		return Suspect, true
	}
	text := maskText(s)
	return text, text != s
}

// lastKey returns the last name in a property path, without indices.
func lastKey(path string) string {
	for strings.HasSuffix(path, "]") {
		i := strings.LastIndexByte(path, '[')
		if i < 0 {
			break
		}
		inside := path[i+1 : len(path)-1]
		if strings.HasPrefix(inside, `"`) {
			return strings.Trim(inside, `"`)
		}
		path = path[:i]
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}
