package driver

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// chosenNames are the names that providers made up during a preview. The update
// will make up others, so wherever one appears, also in the previews of stacks
// downstream, it is not known yet. It is safe for concurrent use.
type chosenNames struct {
	mu    sync.Mutex
	names map[string]bool
}

func newChosenNames() *chosenNames { return &chosenNames{names: map[string]bool{}} }

// shortestName is how long a made-up name must be to be looked for in texts.
const shortestName = 4

// note remembers what the provider chose for a resource that is to be created.
func (c *chosenNames) note(s *automation.Step) {
	if s.Op != "create" && s.Op != "create-replacement" && s.Op != "replace" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range s.Chosen {
		name, _ := s.NewInputs[k].(string)
		if old, _ := s.OldInputs[k].(string); len(name) >= shortestName && name != old {
			c.names[name] = true
		}
	}
}

// hide writes gitops.Unknown for every made-up name in the changes.
func (c *chosenNames) hide(set gitops.ChangeSet) gitops.ChangeSet {
	r := c.replacer()
	if r == nil {
		return set
	}
	set.Changes = slices.Clone(set.Changes)
	for i := range set.Changes {
		diff := slices.Clone(set.Changes[i].Diff)
		for j := range diff {
			diff[j].New = replaced(r, diff[j].New)
		}
		set.Changes[i].Diff = diff
	}
	return set
}

// hideIn writes gitops.Unknown for every made-up name in outputs.
func (c *chosenNames) hideIn(outputs []review.OutputChange) []review.OutputChange {
	r := c.replacer()
	for i := range outputs {
		if r != nil {
			outputs[i].New = replaced(r, outputs[i].New)
		}
	}
	return outputs
}

// replacer replaces the names that were made up so far; nil when there is none,
// or nobody noted them.
func (c *chosenNames) replacer() *strings.Replacer {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.names) == 0 {
		return nil
	}
	var pairs []string
	for _, name := range slices.SortedFunc(maps.Keys(c.names), longestFirst) {
		pairs = append(pairs, name, gitops.Unknown)
	}
	return strings.NewReplacer(pairs...)
}

// longestFirst orders names so that one that begins like another is replaced
// whole.
func longestFirst(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }

// replaced applies r to every text in a plain JSON value.
func replaced(r *strings.Replacer, v any) any {
	switch v := v.(type) {
	case string:
		return r.Replace(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = replaced(r, e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = replaced(r, e)
		}
		return out
	}
	return v
}
