package driver

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// deciding are the inputs, of any type of resource, that decide what its deletion
// loses.
var deciding = []string{
	"applyImmediately", "deletionProtection", "deletionProtectionEnabled", "deletionWindowInDays", "disableApiTermination", "enableDeletionProtection",
	"finalSnapshot", "finalSnapshotIdentifier", "forceDelete", "forceDestroy", "recoveryWindowInDays", "skipDestroy", "skipFinalSnapshot",
}

// decisive picks from the inputs of a resource those that decide what its deletion
// loses. Without inputs it is what was known before.
func decisive(inputs, known map[string]any) map[string]any {
	var out map[string]any
	for _, k := range deciding {
		if v, there := inputs[k]; there && v != nil {
			if out == nil {
				out = map[string]any{}
			}
			out[k] = v
		}
	}
	if out == nil {
		return known
	}
	return out
}

// traced adds to each difference whose new value is not known what it comes from.
func (c *collector) traced(diff []gitops.PropertyChange, needs map[string][]string) []gitops.PropertyChange {
	out := slices.Clone(diff)
	for i, p := range out {
		if !hasUnknown(p.New) {
			continue
		}
		key, _, _ := strings.Cut(p.Path, ".")
		key, _, _ = strings.Cut(key, "[")
		for _, urn := range needs[key] {
			if from := origin(urn); from != "" && !slices.Contains(out[i].From, from) {
				out[i].From = append(out[i].From, from)
			}
		}
		slices.Sort(out[i].From)
	}
	return out
}

// origin names a resource for people: a stack whose outputs are read by its name,
// everything else by type and name.
func origin(urn string) string {
	typ, name, ok := splitURN(urn)
	switch {
	case !ok:
		return ""
	case typ == stackReference:
		if up, err := gitops.ParsePulumiName(path.Base(name)); err == nil {
			return up.Name
		}
		return name
	}
	return typ[strings.LastIndexByte(typ, '$')+1:] + " " + name
}

func hasUnknown(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, gitops.Unknown)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasUnknown)
	case []any:
		return slices.ContainsFunc(v, hasUnknown)
	}
	return false
}

// outputBook keeps which outputs of the previewed stacks would change. It is safe
// for concurrent use.
type outputBook struct {
	mu      sync.Mutex
	changes map[gitops.StackID][]review.OutputChange
}

func newOutputBook() *outputBook {
	return &outputBook{changes: map[gitops.StackID][]review.OutputChange{}}
}

// note compares the outputs that a stack has with those that it would have.
func (b *outputBook) note(id gitops.StackID, old, now map[string]any) {
	names := map[string]bool{}
	for _, side := range []map[string]any{old, now} {
		for k := range side {
			names[k] = true
		}
	}
	var out []review.OutputChange
	for _, k := range slices.Sorted(maps.Keys(names)) {
		if !reflect.DeepEqual(old[k], now[k]) {
			out = append(out, review.OutputChange{Stack: id, Name: k, Old: old[k], New: now[k]})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes[id] = out // the last word counts
}

// list returns the changes in the order of the stacks, each with the stacks among
// them that were previewed with it.
func (b *outputBook) list(results []gitops.RunResult) []review.OutputChange {
	readers := map[gitops.StackID][]gitops.StackID{}
	for _, res := range results {
		for _, up := range res.Upstream {
			readers[up] = append(readers[up], res.Stack)
		}
	}
	var out []review.OutputChange
	for _, res := range results {
		for _, c := range b.changes[res.Stack] {
			c.ReadBy = readers[res.Stack]
			out = append(out, c)
		}
	}
	return out
}
