package driver

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// inputBook keeps the inputs of all resources of one stack, as its preview tells
// them, for policies. Its collector calls it, one step at a time.
type inputBook struct {
	resources map[string]*gitops.Resource
	order     []string
}

func newInputBook() *inputBook { return &inputBook{resources: map[string]*gitops.Resource{}} }

// note takes one step. The steps of a replacement arrive separately: what they
// say of the new and of the old resource is put together.
func (b *inputBook) note(s *automation.Step, op gitops.Op, source string) {
	if s.Type == stackReference {
		return
	}
	r := b.resources[s.URN]
	if r == nil {
		r = &gitops.Resource{Op: op}
		b.resources[s.URN] = r
		b.order = append(b.order, s.URN)
	}
	if op != gitops.OpSame && r.Op != gitops.OpReplace {
		r.Op = op
	}
	r.URN, r.Type, r.Name, r.Parent = s.URN, s.Type, s.Name, s.Parent
	r.Protected, r.Retained = r.Protected || s.Protect, r.Retained || s.Retain
	if source != "" {
		r.Source = source
	}
	if len(s.ReplaceKeys) > 0 {
		r.ReplaceKeys = slices.Clone(s.ReplaceKeys)
	}
	if s.OldInputs != nil && (r.Old == nil || s.Op != "create-replacement") {
		r.Old = s.OldInputs
	}
	if s.NewInputs != nil && op != gitops.OpDelete && s.Op != "delete-replaced" {
		r.New = s.NewInputs
	}
}

// list returns the resources, with gitops.Unknown for every name that hide
// replaces; hide may be nil.
func (b *inputBook) list(hide *strings.Replacer) []gitops.Resource {
	out := make([]gitops.Resource, 0, len(b.order))
	for _, urn := range b.order {
		r := *b.resources[urn]
		if hide != nil && r.New != nil && r.Op != gitops.OpSame {
			r.New, _ = replaced(hide, r.New).(map[string]any)
		}
		out = append(out, r)
	}
	return out
}
