package engine

import (
	"cmp"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Overlay carries outputs from previews to the previews of the stacks that
// refer to them, so that a downstream preview shows what the upstream change
// will lead to. It is safe for concurrent use. It holds secrets; keep it no
// longer than the previews.
type Overlay struct {
	mu      sync.Mutex
	outputs map[gitops.StackRef]previewed
	used    map[gitops.StackRef][]gitops.StackRef
	// touched are the stacks about which something was added; see Changes.
	touched map[gitops.StackRef]bool
}

// previewed are the outputs that a stack would have.
type previewed struct {
	outputs property.Map
	// changed tells that they differ from the deployed ones.
	changed bool
}

// NewOverlay returns an empty overlay.
func NewOverlay() *Overlay {
	return &Overlay{outputs: map[gitops.StackRef]previewed{}, used: map[gitops.StackRef][]gitops.StackRef{}}
}

// Used lists, sorted by name, the stacks whose previewed outputs fed the
// preview of ref and differ from what is deployed.
func (o *Overlay) Used(ref gitops.StackRef) []gitops.StackRef {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := slices.Clone(o.used[ref])
	slices.SortFunc(out, func(a, b gitops.StackRef) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Stack, b.Stack))
	})
	return out
}

// get answers reader's reference to a stack, when there is a preview of it.
func (o *Overlay) get(reader, stack gitops.StackRef) (property.Map, bool) {
	if o == nil {
		return property.Map{}, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.outputs[stack]
	if ok && p.changed && !slices.Contains(o.used[reader], stack) {
		o.used[reader] = append(o.used[reader], stack)
		o.touch(reader)
	}
	return certain(p.outputs), ok
}

// certain leaves out what is not known entirely. Programs take an output that is
// missing in a preview for one that is not known yet; one that is there and
// unknown they take for nil.
func certain(m property.Map) property.Map {
	out := map[string]property.Value{}
	for k, v := range m.All {
		if !v.HasComputed() {
			out[k] = v
		}
	}
	return property.NewMap(out)
}

func (o *Overlay) put(stack gitops.StackRef, now, deployed property.Map) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outputs[stack] = previewed{outputs: now, changed: !property.New(now).Equals(property.New(deployed))}
	o.touch(stack)
}

func (o *Overlay) touch(ref gitops.StackRef) {
	if o.touched == nil {
		o.touched = map[gitops.StackRef]bool{}
	}
	o.touched[ref] = true
}

// outputRecorder returns a function that looks at the engine's events for the
// stack's outputs and keeps those of a preview in the overlay.
func (op *operation) outputRecorder() func(engine.Event) {
	o := op.req.Overlay
	if o == nil || !op.req.DryRun || op.req.Operation != gitops.Update {
		return func(engine.Event) {}
	}
	deployed := property.Map{}
	for _, r := range op.base.snapshot.Resources {
		if r.Type == resource.RootStackType && !r.Delete {
			deployed = resource.FromResourcePropertyMap(r.Outputs)
		}
	}
	return func(e engine.Event) {
		p, ok := e.Payload().(engine.ResourceOutputsEventPayload)
		if !ok || p.Metadata.Type != resource.RootStackType || p.Metadata.New == nil || p.Metadata.New.State == nil {
			return
		}
		o.put(op.req.Ref, resource.FromResourcePropertyMap(p.Metadata.New.State.Outputs), deployed)
	}
}
