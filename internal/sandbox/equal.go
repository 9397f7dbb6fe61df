package sandbox

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// equal compares values as AWS does: the order of a set, the layout of a JSON
// document, and fields of objects that AWS fills in do not matter. An unknown
// value equals nothing.
func equal(p *types.Property, a, b any) bool {
	if p == nil {
		return reflect.DeepEqual(a, b)
	}
	switch p.Kind {
	case types.String, types.JSON:
		return reflect.DeepEqual(a, b) || sameDocument(a, b)
	case types.List, types.Set, types.Map:
		if isZero(a) && isZero(b) {
			return true
		}
	}
	if _, unknown := b.(aws.Unknown); unknown {
		return false
	}
	switch p.Kind {
	case types.Set:
		x, ok1 := a.([]any)
		y, ok2 := b.([]any)
		return ok1 && ok2 && sameSet(p.Of, x, y)
	case types.List:
		x, ok1 := a.([]any)
		y, ok2 := b.([]any)
		return ok1 && ok2 && slices.EqualFunc(x, y, func(v, w any) bool { return equal(p.Of, v, w) })
	case types.Object:
		x, ok1 := a.(map[string]any)
		y, ok2 := b.(map[string]any)
		if !ok1 || !ok2 {
			return a == nil && b == nil
		}
		d := &difference{changes: map[string]*pulumirpc.PropertyDiff{}, changed: map[string]bool{}, replaces: map[string]bool{}}
		d.fields(p.Fields, x, y, resource.PropertyPath{""}, false)
		return len(d.changes) == 0
	}
	return reflect.DeepEqual(a, b)
}

func sameSet(of *types.Property, a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	left := slices.Clone(a)
	for _, w := range b {
		i := slices.IndexFunc(left, func(v any) bool { return equal(of, v, w) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// sameDocument tells whether both are JSON objects or lists that say the same.
func sameDocument(a, b any) bool {
	x, ok1 := parsed(a)
	y, ok2 := parsed(b)
	return ok1 && ok2 && reflect.DeepEqual(x, y)
}

func parsed(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		_, object := v.(map[string]any)
		return v, object
	}
	if trimmed := strings.TrimSpace(s); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return nil, false
	}
	var out any
	err := json.Unmarshal([]byte(s), &out)
	return out, err == nil
}

func isZero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// jsonText returns the canonical text of a plain value.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // plain JSON values only, by construction
		return err.Error()
	}
	return string(b)
}
