package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Value writes a plain JSON value on one line, shortened in the middle to
// about limit columns; limit 0 means whole. Secrets and unknowns keep their
// marks without quotes.
func Value(v any, limit int) string {
	text := valueText(v)
	wide := columns(text)
	if limit <= 0 || wide <= limit {
		return text
	}
	note := ""
	if s, ok := v.(string); ok && limit >= 40 {
		note = fmt.Sprintf(" (%d characters)", len([]rune(s)))
	}
	room := max(limit-1-len(note), 8)
	tail := room / 4
	return ansi.Truncate(text, room-tail, "") + "…" + ansi.TruncateLeft(text, wide-tail, "") + note
}

func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return stringText(v)
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, Clean(k)+": "+valueText(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, 0, len(v))
		for _, e := range v {
			parts = append(parts, valueText(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool, int, int64, json.Number:
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return Clean(fmt.Sprint(v))
	}
	return Clean(string(b))
}

func stringText(s string) string {
	if s == gitops.Masked || s == gitops.Unknown || s == Suspect {
		return s
	}
	return `"` + Clean(quotes.Replace(s)) + `"`
}

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`)

// same tells whether two plain JSON values are equal.
func same(a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a == b
		}
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return maps.EqualFunc(a, b, same)
		}
	case []any:
		if b, ok := b.([]any); ok {
			return slices.EqualFunc(a, b, same)
		}
	}
	return valueText(a) == valueText(b) // a number may be of several types
}

// parseJSON returns the object or list that a string holds as JSON, such as an
// IAM policy.
func parseJSON(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		return nil, false
	}
	if t := strings.TrimSpace(s); !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "[") || s == gitops.Masked || s == gitops.Unknown {
		return nil, false
	}
	var out any
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		return nil, false
	}
	return out, true
}
