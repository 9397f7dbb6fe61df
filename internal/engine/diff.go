package engine

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// kinds are the words for the kinds of a property's difference.
var kinds = map[plugin.DiffKind]string{
	plugin.DiffAdd: "add", plugin.DiffAddReplace: "add-replace",
	plugin.DiffDelete: "delete", plugin.DiffDeleteReplace: "delete-replace",
	plugin.DiffUpdate: "update", plugin.DiffUpdateReplace: "update-replace",
}

// sides are the four property maps of a step; nil where there is no such side.
type sides struct {
	oldInputs, newInputs, oldOutputs, newOutputs resource.PropertyMap
}

func sidesOf(m engine.StepEventMetadata) sides {
	var s sides
	s.oldInputs, s.oldOutputs = propertiesOf(m.Old)
	s.newInputs, s.newOutputs = propertiesOf(m.New)
	return s
}

// propertiesOf prefers the state itself to the copy beside it, from which
// Pulumi has filtered the secrets of every stack of this process.
func propertiesOf(s *engine.StepEventStateMetadata) (inputs, outputs resource.PropertyMap) {
	switch {
	case s == nil:
		return nil, nil
	case s.State != nil:
		return s.State.Inputs, s.State.Outputs
	}
	return s.Inputs, s.Outputs
}

// diff returns the differences of a step, sorted by path.
func (p plainer) diff(m engine.StepEventMetadata, s sides) []gitops.PropertyChange {
	if m.Old == nil || m.New == nil {
		return nil
	}
	detailed := m.DetailedDiff
	if len(detailed) == 0 {
		detailed = derive(m, s)
	}
	out := make([]gitops.PropertyChange, 0, len(detailed))
	for path, d := range detailed {
		out = append(out, p.change(path, d, s))
	}
	slices.SortFunc(out, func(a, b gitops.PropertyChange) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// change describes one difference. The new side is what the program wants: its
// inputs, and where they do not have the property, the outputs.
func (p plainer) change(path string, d plugin.PropertyDiff, s sides) gitops.PropertyChange {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		parsed = resource.PropertyPath{path}
	}
	before, after := []resource.PropertyMap{s.oldOutputs, s.oldInputs}, []resource.PropertyMap{s.newInputs, s.newOutputs}
	if d.InputDiff {
		before, after = []resource.PropertyMap{s.oldInputs}, []resource.PropertyMap{s.newInputs}
	}
	old, hasOld, oldSecret := firstAt(before, parsed)
	now, hasNow, nowSecret := firstAt(after, parsed)
	c := gitops.PropertyChange{Path: path, Kind: kinds[d.Kind]}
	removes := d.Kind == plugin.DiffDelete || d.Kind == plugin.DiffDeleteReplace
	adds := d.Kind == plugin.DiffAdd || d.Kind == plugin.DiffAddReplace
	secret := oldSecret || nowSecret
	if hasOld && !adds {
		c.Old = p.masked(old, secret)
	}
	if hasNow && !removes {
		c.New = p.masked(now, secret)
	}
	return c
}

func (p plainer) masked(v resource.PropertyValue, secret bool) any {
	if secret {
		return gitops.Masked
	}
	return p.value(v)
}

// firstAt looks into each map in turn. A secret in any of them makes the value
// a secret.
func firstAt(maps []resource.PropertyMap, path resource.PropertyPath) (out resource.PropertyValue, found, secret bool) {
	for _, m := range maps {
		if m == nil {
			continue
		}
		v, ok, s := at(resource.NewProperty(m), path)
		secret = secret || s
		if ok && !found {
			out, found = v, true
		}
	}
	return out, found, secret
}

// derive works out the differences when the provider gave only the names of the
// properties that changed, or nothing at all.
func derive(m engine.StepEventMetadata, s sides) map[string]plugin.PropertyDiff {
	if !changes(string(m.Op)) {
		return nil
	}
	out := map[string]plugin.PropertyDiff{}
	inputs := plugin.NewDetailedDiffFromObjectDiff(objectDiff(s.oldInputs, s.newInputs), true)
	for path, d := range inputs {
		if len(m.Diffs) == 0 || names(m.Diffs, path) {
			out[path] = d
		}
	}
	for _, key := range m.Diffs {
		if !covered(out, string(key)) {
			out[string(key)] = plugin.PropertyDiff{Kind: plugin.DiffUpdate}
		}
	}
	for path, d := range out {
		if names(m.Keys, path) {
			out[path] = d.ToReplace()
		}
	}
	return out
}

func objectDiff(old, now resource.PropertyMap) *resource.ObjectDiff {
	return old.Diff(now, resource.IsInternalPropertyKey)
}

// changes tells whether an engine operation can have a difference to show.
func changes(op string) bool {
	switch op {
	case "update", "replace", "create-replacement", "refresh", "import-replacement":
		return true
	}
	return false
}

// names tells whether the first element of path is one of the keys.
func names(keys []resource.PropertyKey, path string) bool {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil || len(parsed) == 0 {
		return false
	}
	first, _ := parsed[0].(string)
	return slices.Contains(keys, resource.PropertyKey(first))
}

func covered(diffs map[string]plugin.PropertyDiff, key string) bool {
	for path := range diffs {
		if names([]resource.PropertyKey{resource.PropertyKey(key)}, path) {
			return true
		}
	}
	return false
}
