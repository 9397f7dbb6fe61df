package review

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Leaf is the difference of one value inside a property, as small as it can be
// shown.
type Leaf struct {
	Path string
	// Op is OpCreate (only New), OpDelete (only Old) or OpUpdate.
	Op       gitops.Op
	Old, New any
	// Forces tells that the difference forces a replacement.
	Forces bool
	// From says what New comes from when it is not known yet.
	From []string
}

const (
	inlineWidth = 60  // a list or map up to this width stays on one line
	maxElements = 400 // longer lists and texts are not compared element by element
	maxLeaves   = 60  // per property; the rest is counted
)

// Leaves breaks the difference of one property into its parts: keys of maps,
// elements of lists, the insides of JSON texts, lines of long texts.
func Leaves(p gitops.PropertyChange) []Leaf {
	var out []Leaf
	switch {
	case strings.HasPrefix(p.Kind, "add"):
		out = added(p.Path, p.New, gitops.OpCreate)
	case strings.HasPrefix(p.Kind, "delete"):
		out = added(p.Path, p.Old, gitops.OpDelete)
	default:
		if out = updated(p.Path, p.Old, p.New); len(out) == 0 {
			out = []Leaf{{Path: p.Path, Op: gitops.OpUpdate, Old: p.Old, New: p.New}}
		}
	}
	for i := range out {
		out[i].Forces, out[i].From = p.ForcesReplace(), p.From
	}
	return out
}

// added lists the parts of a value that is on one side only.
func added(path string, v any, op gitops.Op) []Leaf {
	leaf := Leaf{Path: path, Op: op, New: v}
	if op == gitops.OpDelete {
		leaf.Old, leaf.New = v, nil
	}
	inside := v
	if parsed, ok := parseJSON(v); ok {
		inside = parsed
	}
	if len(valueText(inside)) <= inlineWidth {
		return []Leaf{leaf}
	}
	var out []Leaf
	switch c := inside.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(c)) {
			out = append(out, added(key(path, k), c[k], op)...)
		}
	case []any:
		for i, e := range c {
			out = append(out, added(index(path, i), e, op)...)
		}
	}
	if len(out) == 0 {
		return []Leaf{leaf}
	}
	return out
}

// updated lists where two values differ; nothing when they look the same.
func updated(path string, old, now any) []Leaf {
	if same(old, now) {
		return nil
	}
	if a, b, ok := bothJSON(old, now); ok {
		if parts := updated(path, a, b); len(parts) > 0 {
			return parts
		}
		return []Leaf{{Path: path, Op: gitops.OpUpdate, Old: old, New: now}}
	}
	switch a := old.(type) {
	case map[string]any:
		if b, ok := now.(map[string]any); ok && len(a) > 0 && len(b) > 0 {
			return updatedMap(path, a, b)
		}
	case []any:
		if b, ok := now.([]any); ok && len(a)+len(b) <= maxElements && len(a) > 0 && len(b) > 0 {
			return updatedList(path, a, b)
		}
	case string:
		b, ok := now.(string)
		if ok && (strings.Contains(a, "\n") && strings.Contains(b, "\n")) {
			if parts := updatedText(path, a, b); parts != nil {
				return parts
			}
		}
	}
	return []Leaf{{Path: path, Op: gitops.OpUpdate, Old: old, New: now}}
}

func bothJSON(old, now any) (a, b any, ok bool) {
	a, okA := parseJSON(old)
	b, okB := parseJSON(now)
	return a, b, okA && okB
}

func updatedMap(path string, a, b map[string]any) []Leaf {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	var out []Leaf
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		old, inA := a[k]
		now, inB := b[k]
		switch {
		case !inB:
			out = append(out, added(key(path, k), old, gitops.OpDelete)...)
		case !inA:
			out = append(out, added(key(path, k), now, gitops.OpCreate)...)
		default:
			out = append(out, updated(key(path, k), old, now)...)
		}
	}
	return out
}

// updatedList pairs equal elements, so that one inserted element is one
// addition; elements that changed in place are compared inside.
func updatedList(path string, a, b []any) []Leaf {
	at, bt := texts(a), texts(b)
	var out []Leaf
	for _, h := range hunks(at, bt) {
		for h.a1 > h.a0 && h.b1 > h.b0 {
			out = append(out, updated(index(path, h.b0), a[h.a0], b[h.b0])...)
			h.a0, h.b0 = h.a0+1, h.b0+1
		}
		for ; h.a0 < h.a1; h.a0++ {
			out = append(out, added(index(path, h.a0), a[h.a0], gitops.OpDelete)...)
		}
		for ; h.b0 < h.b1; h.b0++ {
			out = append(out, added(index(path, h.b0), b[h.b0], gitops.OpCreate)...)
		}
	}
	return out
}

func texts(vs []any) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = valueText(v)
	}
	return out
}

// updatedText compares texts of several lines; nil when they are too long.
func updatedText(path, a, b string) []Leaf {
	al, bl := strings.Split(a, "\n"), strings.Split(b, "\n")
	if len(al)+len(bl) > maxElements {
		return nil
	}
	var out []Leaf
	for _, h := range hunks(al, bl) {
		for i := h.a0; i < h.a1; i++ {
			out = append(out, Leaf{Path: fmt.Sprintf("%s line %d", path, i+1), Op: gitops.OpDelete, Old: al[i]})
		}
		for i := h.b0; i < h.b1; i++ {
			out = append(out, Leaf{Path: fmt.Sprintf("%s line %d", path, i+1), Op: gitops.OpCreate, New: bl[i]})
		}
	}
	return out
}

var plainKey = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$-]*$`)

func key(path, k string) string {
	switch {
	case !plainKey.MatchString(k):
		return fmt.Sprintf("%s[%q]", path, k)
	case path == "":
		return k
	}
	return path + "." + k
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
