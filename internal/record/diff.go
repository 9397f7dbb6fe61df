package record

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// difference is a property change, and whether it is one for sure: what is not
// known may be equal.
type difference struct {
	gitops.PropertyChange
	sure bool
}

// diff compares two values. A value that is not there is nil.
func diff(path string, old, now any) []difference {
	if equal(old, now) {
		return nil
	}
	if o, ok := old.(map[string]any); ok {
		if n, ok := now.(map[string]any); ok {
			return diffMaps(path, o, n)
		}
	}
	if o, ok := old.([]any); ok {
		if n, ok := now.([]any); ok {
			return diffLists(path, o, n)
		}
	}
	kind := "update"
	switch {
	case old == nil:
		kind = "add"
	case now == nil:
		kind = "delete"
	}
	sure := len(unknowns("", old)) == 0 && len(unknowns("", now)) == 0
	return []difference{{gitops.PropertyChange{Path: path, Kind: kind, Old: shown(old), New: shown(now)}, sure}}
}

func diffMaps(path string, old, now map[string]any) []difference {
	var out []difference
	for _, k := range sorted(union(old, now)) {
		out = append(out, diff(key(path, k), old[k], now[k])...)
	}
	return out
}

func diffLists(path string, old, now []any) []difference {
	var out []difference
	for i := range max(len(old), len(now)) {
		var o, n any
		if i < len(old) {
			o = old[i]
		}
		if i < len(now) {
			n = now[i]
		}
		out = append(out, diff(element(path, i), o, n)...)
	}
	return out
}

// plain takes out of differences what others need, in the order of the paths.
func plain(list []difference) []gitops.PropertyChange {
	var out []gitops.PropertyChange
	for _, d := range list {
		out = append(out, d.PropertyChange)
	}
	slices.SortStableFunc(out, func(a, b gitops.PropertyChange) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

func anySure(list []difference) bool {
	return slices.ContainsFunc(list, func(d difference) bool { return d.sure })
}

var word = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$-]*$`)

// key appends a key to a property path in Pulumi's notation.
func key(path, k string) string {
	switch {
	case !word.MatchString(k):
		return path + "[" + strconv.Quote(k) + "]"
	case path == "":
		return k
	}
	return path + "." + k
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func union[V any](a, b map[string]V) map[string]V {
	out := make(map[string]V, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
