package sandbox

import (
	"fmt"
	"math"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// isKind tells whether a known value has the shape of the property's kind.
func isKind(p *types.Property, v any) bool {
	_, text := v.(string)
	number, numeric := v.(float64)
	_, truth := v.(bool)
	_, list := v.([]any)
	_, object := v.(map[string]any)
	switch p.Kind {
	case types.String:
		return text
	case types.Bool:
		return truth
	case types.Number:
		return numeric
	case types.Int:
		return numeric && number == math.Trunc(number)
	case types.List, types.Set:
		return list
	case types.Map, types.Object:
		return object
	case types.JSON:
		return text || object
	}
	return true
}

func describe(p *types.Property) string {
	switch p.Kind {
	case types.Int:
		return "a whole number"
	case types.Number:
		return "a number"
	case types.List, types.Set:
		return "a list"
	case types.Map, types.Object:
		return "an object"
	case types.JSON:
		return "a JSON document"
	}
	return "a " + strings.Replace(p.Kind, "bool", "true-or-false value", 1)
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %q", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case bool:
		return fmt.Sprintf("%v", v)
	case []any:
		return "a list"
	}
	return "an object"
}
