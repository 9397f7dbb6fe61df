package engine

import (
	"encoding/json"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// wireOverlay is an Overlay between two processes.
type wireOverlay struct {
	Outputs []wireOutputs `json:"outputs,omitempty"`
	Used    []wireUsed    `json:"used,omitempty"`
}

type wireOutputs struct {
	Stack   gitops.StackRef `json:"stack"`
	Changed bool            `json:"changed,omitempty"`
	// Outputs are in the form of Pulumi's protocol, secrets and unknowns marked.
	Outputs json.RawMessage `json:"outputs"`
}

type wireUsed struct {
	Reader gitops.StackRef   `json:"reader"`
	Stacks []gitops.StackRef `json:"stacks"`
}

var wireOptions = plugin.MarshalOptions{
	Label: "overlay", KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
}

// MarshalJSON implements json.Marshaler. The text has secrets in plain: it is for
// a pipe to a process that may know them, and for nothing that is kept.
func (o *Overlay) MarshalJSON() ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var w wireOverlay
	for ref, p := range o.outputs {
		s, err := plugin.MarshalProperties(resource.ToResourcePropertyMap(p.outputs), wireOptions)
		if err != nil {
			return nil, err
		}
		raw, err := protojson.Marshal(s)
		if err != nil {
			return nil, err
		}
		w.Outputs = append(w.Outputs, wireOutputs{Stack: ref, Changed: p.changed, Outputs: raw})
	}
	for reader, stacks := range o.used {
		w.Used = append(w.Used, wireUsed{Reader: reader, Stacks: stacks})
	}
	return json.Marshal(w)
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Overlay) UnmarshalJSON(b []byte) error {
	var w wireOverlay
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	fresh := NewOverlay()
	for _, out := range w.Outputs {
		var s structpb.Struct
		if err := protojson.Unmarshal(out.Outputs, &s); err != nil {
			return err
		}
		m, err := plugin.UnmarshalProperties(&s, wireOptions)
		if err != nil {
			return err
		}
		fresh.outputs[out.Stack] = previewed{outputs: resource.FromResourcePropertyMap(m), changed: out.Changed}
	}
	for _, u := range w.Used {
		fresh.used[u.Reader] = u.Stacks
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outputs, o.used, o.touched = fresh.outputs, fresh.used, nil
	return nil
}

// Changes returns what operations have added since the overlay was made or
// decoded; nil for nil.
func (o *Overlay) Changes() *Overlay {
	if o == nil {
		return nil
	}
	out := NewOverlay()
	o.mu.Lock()
	defer o.mu.Unlock()
	for ref := range o.touched {
		if p, ok := o.outputs[ref]; ok {
			out.outputs[ref] = p
		}
		if u, ok := o.used[ref]; ok {
			out.used[ref] = u
		}
	}
	return out
}

// Merge adds what another overlay has, which wins. Either may be nil.
func (o *Overlay) Merge(from *Overlay) {
	if o == nil || from == nil || o == from {
		return
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	for ref, p := range from.outputs {
		o.outputs[ref] = p
	}
	for ref, u := range from.used {
		o.used[ref] = u
	}
}
