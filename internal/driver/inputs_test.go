package driver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func inputs(hide *strings.Replacer, events ...automation.Event) []gitops.Resource {
	c := newCollector("example.com/estate", "stacks/data")
	c.inputs = newInputBook()
	for _, e := range events {
		c.observe(e)
	}
	return c.inputs.list(hide)
}

// sides gives a step the inputs of both sides.
func sides(old, now map[string]any) func(*automation.Step) {
	return func(s *automation.Step) { s.OldInputs, s.NewInputs = old, now }
}

func TestPoliciesGetBothSidesOfAReplacement(t *testing.T) {
	t.Parallel()
	old, now := map[string]any{"fifoQueue": false}, map[string]any{"fifoQueue": true}
	for name, order := range map[string][]automation.Event{
		"new first": {planned("create-replacement", sides(old, now)), planned("replace", sides(old, now)), planned("delete-replaced", sides(old, nil))},
		"old first": {planned("delete-replaced", sides(old, nil)), planned("replace", sides(old, now)), planned("create-replacement", sides(nil, now))},
	} {
		got := inputs(nil, order...)
		if len(got) != 1 || got[0].Op != gitops.OpReplace || !cmp.Equal(got[0].Old, old) || !cmp.Equal(got[0].New, now) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPoliciesGetWhatStaysToo(t *testing.T) {
	t.Parallel()
	same := map[string]any{"name": "work"}
	got := inputs(nil,
		planned("same", sides(same, same)),
		planned("delete", func(s *automation.Step) { s.URN += "-2"; s.OldInputs, s.Retain = same, true }),
		planned("same", func(s *automation.Step) { s.URN, s.Type = "ref", stackReference }),
		planned("same", func(s *automation.Step) { s.Internal = true }),
		planned("refresh", func(s *automation.Step) { s.URN += "-3"; s.OldInputs, s.NewInputs = same, same }),
		planned("update", func(s *automation.Step) { s.URN += "-3"; s.OldInputs, s.NewInputs = same, nil }),
	)
	var ops []gitops.Op
	for _, r := range got {
		ops = append(ops, r.Op)
	}
	if diff := cmp.Diff([]gitops.Op{gitops.OpSame, gitops.OpDelete, gitops.OpUpdate}, ops); diff != "" {
		t.Fatal(diff)
	}
	if got[1].New != nil || !got[1].Retained || !cmp.Equal(got[1].Old, same) {
		t.Errorf("%+v", got[1])
	}
}

func TestPoliciesDoNotSeeMadeUpNames(t *testing.T) {
	t.Parallel()
	hide := strings.NewReplacer("work-3290e18", gitops.Unknown)
	got := inputs(hide, planned("create", sides(nil, map[string]any{"name": "work-3290e18", "policy": "arn:work-3290e18"})))
	want := map[string]any{"name": gitops.Unknown, "policy": "arn:" + gitops.Unknown}
	if diff := cmp.Diff(want, got[0].New); diff != "" {
		t.Error(diff)
	}
}
