// Package compare says how two environments differ: in their settings and in
// their resources.
package compare

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Side is one environment.
type Side struct {
	// Environment is its name.
	Environment string
	// Stacks are its stacks by name.
	Stacks map[string]Stack
}

// Stack is what is compared of one stack. Values are plain JSON; secrets are
// gitops.Masked.
type Stack struct {
	Settings  map[string]any
	Resources []Resource
}

// Resource is one resource of a stack.
type Resource struct {
	// Type may be qualified by the types of its parents ("a:b:C$d:e:F"), which
	// tells resources apart that have one name.
	Type, Name string
	Inputs     map[string]any
}

// Comparison is how two environments differ. Only differences are in it.
type Comparison struct {
	Left, Right string
	Stacks      []StackDiff
	// Same are the stacks without a difference.
	Same []string
}

// StackDiff is how one stack differs.
type StackDiff struct {
	Stack string `json:"stack"`
	// Only is "left" or "right" when the other environment has no such stack.
	Only      string         `json:"only,omitempty"`
	Settings  []SettingDiff  `json:"settings"`
	Resources []ResourceDiff `json:"resources"`
	// Renamed counts values that differ by the environment's name alone. They
	// are in neither list.
	Renamed int `json:"renamed"`
}

// SettingDiff is one setting that differs. A side that lacks it is null.
type SettingDiff struct {
	Key   string `json:"key"`
	Left  any    `json:"left"`
	Right any    `json:"right"`
}

// ResourceDiff is one resource that differs.
type ResourceDiff struct {
	Type string `json:"type"`
	Name string `json:"name"`
	// Left and Right tell on which sides it exists.
	Left  bool `json:"left"`
	Right bool `json:"right"`
	// Inputs are the inputs that differ, for a resource on both sides.
	Inputs []gitops.PropertyChange `json:"inputs,omitempty"`
}

// New compares two environments. Stacks, settings, resources and inputs come
// sorted by name.
func New(left, right Side) Comparison {
	c := Comparison{Left: left.Environment, Right: right.Environment}
	same := sameness(left.Environment, right.Environment)
	for _, name := range union(left.Stacks, right.Stacks) {
		l, inLeft := left.Stacks[name]
		r, inRight := right.Stacks[name]
		d := StackDiff{Stack: name, Settings: []SettingDiff{}, Resources: []ResourceDiff{}}
		switch {
		case !inRight:
			d.Only = "left"
		case !inLeft:
			d.Only = "right"
		default:
			d.settings(l, r)
			d.resources(l, r, same)
			if len(d.Settings)+len(d.Resources) == 0 {
				c.Same = append(c.Same, name)
				continue
			}
		}
		c.Stacks = append(c.Stacks, d)
	}
	return c
}

func (d *StackDiff) settings(l, r Stack) {
	for _, k := range union(l.Settings, r.Settings) {
		if a, b := l.Settings[k], r.Settings[k]; review.Value(a, 0) != review.Value(b, 0) {
			d.Settings = append(d.Settings, SettingDiff{k, a, b})
		}
	}
}

func (d *StackDiff) resources(l, r Stack, same func(a, b any) (equal, renamed bool)) {
	byKey := func(list []Resource) map[string]Resource {
		out := map[string]Resource{}
		for _, res := range list {
			out[res.Type+"\x00"+res.Name] = res
		}
		return out
	}
	lefts, rights := byKey(l.Resources), byKey(r.Resources)
	for _, key := range union(lefts, rights) {
		a, inLeft := lefts[key]
		b, inRight := rights[key]
		diff := ResourceDiff{Type: a.Type + b.Type, Name: a.Name + b.Name, Left: inLeft, Right: inRight}
		if inLeft && inRight {
			diff.Type, diff.Name = a.Type, a.Name
			diff.Inputs = d.inputs(a.Inputs, b.Inputs, same)
			if len(diff.Inputs) == 0 {
				continue
			}
		}
		diff.Type = diff.Type[strings.LastIndexByte(diff.Type, '$')+1:]
		d.Resources = append(d.Resources, diff)
	}
}

func (d *StackDiff) inputs(a, b map[string]any, same func(a, b any) (equal, renamed bool)) []gitops.PropertyChange {
	var out []gitops.PropertyChange
	for _, k := range union(a, b) {
		old, inA := a[k]
		now, inB := b[k]
		p := gitops.PropertyChange{Path: k, Kind: "update", Old: old, New: now}
		switch equal, renamed := same(old, now); {
		case inA && inB && equal:
			continue
		case inA && inB && renamed:
			d.Renamed++
			continue
		case !inB:
			p.Kind = "delete"
		case !inA:
			p.Kind = "add"
		}
		out = append(out, p)
	}
	return out
}

// sameness returns a comparison of values that also sees when two differ only
// by the names of the environments.
func sameness(left, right string) func(a, b any) (equal, renamed bool) {
	word := func(name string) *regexp.Regexp {
		return regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(name) + `([^A-Za-z0-9]|$)`)
	}
	l, r := word(left), word(right)
	plain := func(text string, w *regexp.Regexp) string {
		for range 2 { // neighbours share the character between them
			text = w.ReplaceAllString(text, "${1}\x00${2}")
		}
		return text
	}
	return func(a, b any) (bool, bool) {
		at, bt := review.Value(a, 0), review.Value(b, 0)
		return at == bt, left != "" && right != "" && plain(at, l) == plain(bt, r)
	}
}

func union[V any](a, b map[string]V) []string {
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
