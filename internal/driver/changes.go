package driver

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// collector folds the engine's events of one run into a change set.
type collector struct {
	// module is the import path of the estate's module, pkg the directory of the
	// stack's package in it. They turn a compiler's path into one of the
	// repository.
	module, pkg string

	mu      sync.Mutex
	changes map[string]gitops.Change
	order   []string
	same    map[string]bool
	diags   []gitops.Diagnostic
	// inputs are those of every resource, nil when nobody asks.
	inputs *inputBook
}

func newCollector(module, pkg string) *collector {
	return &collector{module: module, pkg: pkg, changes: map[string]gitops.Change{}, same: map[string]bool{}}
}

// observe takes one event. The engine calls it in order.
func (c *collector) observe(e automation.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.Diagnostic != nil:
		c.diags = append(c.diags, *e.Diagnostic)
	case e.Step != nil:
		c.step(e.Step)
	}
}

func (c *collector) step(s *automation.Step) {
	if s.Internal || s.Stack {
		return
	}
	op, ok := operation(s)
	if !ok {
		return
	}
	if c.inputs != nil {
		c.inputs.note(s, op, c.source(s))
	}
	if op == gitops.OpSame {
		if _, changed := c.changes[s.URN]; !changed {
			c.same[s.URN] = true
		}
		return
	}
	delete(c.same, s.URN)
	ch, known := c.changes[s.URN]
	if !known {
		c.order = append(c.order, s.URN)
	}
	c.changes[s.URN] = c.merge(ch, s, op)
}

// merge adds what one step says about a resource to what is known of it. The
// steps of a replacement arrive separately; the logical one wins.
func (c *collector) merge(ch gitops.Change, s *automation.Step, op gitops.Op) gitops.Change {
	if ch.Op == "" { // the first step of a replacement tells which half comes first
		ch.DeletesFirst = s.Op == "delete-replaced"
	}
	if ch.Op != gitops.OpReplace {
		ch.Op = op
	}
	ch.URN, ch.Type, ch.Name, ch.Parent = s.URN, s.Type, s.Name, s.Parent
	ch.Failed = ch.Failed || s.Phase == automation.StepFailed && s.Op != "delete-replaced" // what takes its place is there
	ch.Protected, ch.Retained = ch.Protected || s.Protect, ch.Retained || s.Retain
	if op.IsDestructive() {
		ch.Before = decisive(s.OldInputs, ch.Before)
	}
	if src := c.source(s); src != "" {
		ch.Source = src
	}
	if len(s.ReplaceKeys) > 0 {
		ch.ReplaceKeys = slices.Clone(s.ReplaceKeys)
	}
	switch {
	case len(s.Diff) > 0:
		ch.Diff = c.traced(s.Diff, s.Needs)
	case op == gitops.OpCreate:
		ch.Diff = c.traced(added(s.NewInputs, s.Chosen), s.Needs)
	case op == gitops.OpDelete:
		ch.Diff = removed(s.OldInputs)
	}
	return ch
}

// removed lists the inputs of a resource that goes, without those that the
// provider chose, which bridged providers name under this key.
func removed(inputs map[string]any) []gitops.PropertyChange {
	const defaults = "__defaults"
	chosen, _ := inputs[defaults].([]any)
	var out []gitops.PropertyChange
	for _, k := range slices.Sorted(maps.Keys(inputs)) {
		if k != defaults && inputs[k] != nil && !slices.Contains(chosen, any(k)) {
			out = append(out, gitops.PropertyChange{Path: k, Kind: "delete", Old: inputs[k]})
		}
	}
	return out
}

// added lists the inputs of a new resource. What the provider chose is left
// out: nobody wrote it, and a name is different in each preview.
func added(inputs map[string]any, chosen []string) []gitops.PropertyChange {
	var out []gitops.PropertyChange
	for _, k := range slices.Sorted(maps.Keys(inputs)) {
		if inputs[k] != nil && !slices.Contains(chosen, k) {
			out = append(out, gitops.PropertyChange{Path: k, Kind: "add", New: inputs[k]})
		}
	}
	return out
}

// stackReference is the type by which a stack reads the outputs of another.
const stackReference = "pulumi:pulumi:StackReference"

// operation translates Pulumi's word for a step. The second result is false
// for steps that are no change of their own.
func operation(s *automation.Step) (gitops.Op, bool) {
	if s.Type == stackReference { // it is in the state only: nothing in a cloud comes or goes
		return gitops.OpSame, true
	}
	switch s.Op {
	case "same", "refresh":
		if s.Op == "refresh" && len(s.Diff) > 0 {
			return gitops.OpUpdate, true
		}
		return gitops.OpSame, true
	case "create":
		return gitops.OpCreate, true
	case "update":
		return gitops.OpUpdate, true
	case "delete":
		return gitops.OpDelete, true
	case "replace", "create-replacement", "import-replacement", "delete-replaced":
		return gitops.OpReplace, true
	case "import":
		return gitops.OpImport, true
	case "read":
		return gitops.OpSame, true
	case "remove-pending-replace", "discard", "discard-replaced", "read-discard":
		return gitops.OpForget, false // what was only read leaves the state; nothing else happens
	}
	return gitops.OpSame, true
}

// source finds the line of the stack that led to the resource: the innermost
// call in the stack's own package, else the innermost in the module.
func (c *collector) source(s *automation.Step) string {
	frames := append([]string{s.Source}, s.Trace...)
	inModule := ""
	for _, f := range frames {
		rel, ok := strings.CutPrefix(f, c.module+"/")
		if !ok {
			continue
		}
		if strings.HasPrefix(rel, c.pkg+"/") {
			return rel
		}
		if inModule == "" {
			inModule = rel
		}
	}
	return inModule
}

// result returns the change set and the diagnostics so far.
func (c *collector) result(id gitops.StackID) (gitops.ChangeSet, []gitops.Diagnostic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set := gitops.ChangeSet{Stack: id, Same: len(c.same), Changes: []gitops.Change{}}
	for _, urn := range c.order {
		if _, changed := c.changes[urn]; changed {
			set.Changes = append(set.Changes, c.changes[urn])
		}
	}
	return set.Canonical(), slices.Clone(c.diags)
}
