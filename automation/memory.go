package automation

import (
	"maps"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// memory is what a Command keeps from one call for the next, apart from what it
// could find out again. A pool hands it to the worker of each call.
type memory struct {
	// Selected is the selected stack by working directory.
	Selected map[string]gitops.StackRef `json:"selected,omitempty"`
	Renamed  []renaming                 `json:"renamed,omitempty"`
}

type renaming struct{ From, To gitops.StackRef }

// recall replaces what the Command remembers.
func (c *core) recall(m memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.renamed = map[string]gitops.StackRef{}, map[gitops.StackRef]gitops.StackRef{}
	maps.Copy(c.current, m.Selected)
	for _, r := range m.Renamed {
		c.renamed[r.From] = r.To
	}
}

// memory is what the Command remembers now.
func (c *core) memory() memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := memory{Selected: maps.Clone(c.current)}
	for from, to := range c.renamed {
		m.Renamed = append(m.Renamed, renaming{from, to})
	}
	return m
}

// learn adds what a call changed: before is what it was given, after what it
// knew at its end. What other calls have changed meanwhile stays.
func (c *core) learn(before, after memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	merge(c.current, before.Selected, after.Selected)
	merge(c.renamed, before.names(), after.names())
}

func (m memory) names() map[gitops.StackRef]gitops.StackRef {
	out := map[gitops.StackRef]gitops.StackRef{}
	for _, r := range m.Renamed {
		out[r.From] = r.To
	}
	return out
}

// merge applies the difference of two maps to a third one.
func merge[K, V comparable](to, before, after map[K]V) {
	for k := range before {
		if _, kept := after[k]; !kept {
			delete(to, k)
		}
	}
	for k, v := range after {
		if old, had := before[k]; !had || old != v {
			to[k] = v
		}
	}
}
