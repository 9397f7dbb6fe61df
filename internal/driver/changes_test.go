package driver

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const testURN = "urn:pulumi:data.dev::demo::aws:sqs/queue:Queue::work"

func planned(op string, edit func(*automation.Step)) automation.Event {
	s := &automation.Step{Phase: automation.StepPlanned, Op: op, URN: testURN, Type: "aws:sqs/queue:Queue", Name: "work", Custom: true}
	if edit != nil {
		edit(s)
	}
	return automation.Event{Step: s}
}

func collect(events ...automation.Event) gitops.ChangeSet {
	c := newCollector("example.com/estate", "stacks/data")
	for _, e := range events {
		c.observe(e)
	}
	set, _ := c.result(gitops.StackID{Name: "data", Environment: "dev"})
	return set
}

func TestStepsOfAReplacementAreOneChange(t *testing.T) {
	why := []gitops.PropertyChange{{Path: "fifoQueue", Kind: "update-replace", Old: false, New: true}}
	set := collect(
		planned("create-replacement", func(s *automation.Step) { s.Diff, s.ReplaceKeys = why, []string{"fifoQueue"} }),
		planned("replace", func(s *automation.Step) { s.Diff, s.ReplaceKeys = why, []string{"fifoQueue"} }),
		planned("delete-replaced", nil),
	)
	want := []gitops.Change{{URN: testURN, Type: "aws:sqs/queue:Queue", Name: "work", Op: gitops.OpReplace,
		ReplaceKeys: []string{"fifoQueue"}, Diff: why}}
	if diff := cmp.Diff(want, set.Changes); diff != "" {
		t.Error(diff)
	}
}

func TestWhatFailsIsShownAndCountsAsNotDone(t *testing.T) {
	failed := func(op string) automation.Event {
		return planned(op, func(s *automation.Step) { s.Phase = automation.StepFailed })
	}
	other := planned("create", func(s *automation.Step) { s.URN += "-2" })
	for op, want := range map[string]gitops.Summary{
		"create": {Create: 1}, "update": {Create: 1}, "delete": {Create: 1}, "create-replacement": {Create: 1},
		"delete-replaced": {Create: 1, Replace: 1}, // the new one is there
	} {
		set := collect(other, planned(op, nil), failed(op))
		if got := set.Summary(); got != want || len(set.Changes) != 2 {
			t.Errorf("%s: counted %+v of %d changes, want %+v of 2", op, got, len(set.Changes), want)
		}
	}
}

func TestWhatStaysTheSameIsCountedAndNotListed(t *testing.T) {
	set := collect(
		planned("same", nil),
		planned("same", func(s *automation.Step) { s.URN += "-2" }),
		planned("same", func(s *automation.Step) { s.Stack = true }),
		planned("same", func(s *automation.Step) { s.Internal = true }),
		planned("update", func(s *automation.Step) { s.URN += "-2" }),
	)
	if got, want := set.Summary(), (gitops.Summary{Update: 1, Same: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAStackReferenceIsNothingThatADestroyDeletes(t *testing.T) {
	e := planned("delete", func(s *automation.Step) { s.Type = stackReference })
	if set := collect(e); len(set.Changes) != 0 {
		t.Errorf("got %+v", set.Changes)
	}
}

func TestDriftIsAnUpdateWhenTheRefreshFindsADifference(t *testing.T) {
	set := collect(
		planned("refresh", nil),
		planned("refresh", func(s *automation.Step) {
			s.Phase = automation.StepDone
			s.Diff = []gitops.PropertyChange{{Path: "delaySeconds", Kind: "update", Old: 0.0, New: 5.0}}
		}),
	)
	if len(set.Changes) != 1 || set.Changes[0].Op != gitops.OpUpdate {
		t.Errorf("got %+v, want one update", set.Changes)
	}
}

func TestANewResourceListsWhatSomebodyWrote(t *testing.T) {
	set := collect(planned("create", func(s *automation.Step) {
		s.NewInputs = map[string]any{"name": "work-3290e18", "delaySeconds": 5.0, "policy": nil}
		s.Chosen = []string{"name"}
	}))
	want := []gitops.PropertyChange{{Path: "delaySeconds", Kind: "add", New: 5.0}}
	if diff := cmp.Diff(want, set.Changes[0].Diff); diff != "" {
		t.Error(diff)
	}
}

func TestTheSourceIsTheLineInTheStacksOwnPackage(t *testing.T) {
	at := func(source string, trace ...string) string {
		return collect(planned("create", func(s *automation.Step) { s.Source, s.Trace = source, trace })).Changes[0].Source
	}
	for _, c := range []struct{ want, got string }{
		{"stacks/data/data.go:48", at("example.com/estate/components/queue/queue.go:80",
			"example.com/estate/components/queue/queue.go:60", "example.com/estate/stacks/data/data.go:48", "example.com/estate/stacks/main.go:9")},
		{"components/queue/queue.go:80", at("example.com/estate/components/queue/queue.go:80")},
		{"", at("github.com/pulumi/pulumi/sdk/v3/go/pulumi/context.go:10")},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestMadeUpNamesAreUnknownEverywhere(t *testing.T) {
	names := newChosenNames()
	names.note(&automation.Step{Op: "create", Chosen: []string{"name"}, NewInputs: map[string]any{"name": "work-3290e18"}})
	names.note(&automation.Step{Op: "update", Chosen: []string{"name"}, NewInputs: map[string]any{"name": "kept-0000000"}})
	set := names.hide(gitops.ChangeSet{Changes: []gitops.Change{{Diff: []gitops.PropertyChange{
		{Path: "a", New: "work-3290e18"},
		{Path: "b", New: map[string]any{"arn": []any{"arn:aws:sqs:::work-3290e18"}}},
		{Path: "c", New: "kept-0000000"},
	}}}})
	want := []gitops.PropertyChange{
		{Path: "a", New: gitops.Unknown},
		{Path: "b", New: map[string]any{"arn": []any{"arn:aws:sqs:::" + gitops.Unknown}}},
		{Path: "c", New: "kept-0000000"},
	}
	if diff := cmp.Diff(want, set.Changes[0].Diff); diff != "" {
		t.Error(diff)
	}
}

func TestAReportsDigestIsAboutTheChangesAlone(t *testing.T) {
	report := func(stacks ...gitops.RunResult) string { return (&Report{Results: stacks}).Digest() }
	run := func(name, value string, version int64) gitops.RunResult {
		id := gitops.StackID{Name: name, Environment: "dev"}
		return gitops.RunResult{Stack: id, StateVersion: version, Changes: gitops.ChangeSet{Stack: id, Same: int(version), Changes: []gitops.Change{
			{URN: testURN, Op: gitops.OpUpdate, Source: value + ".go:1", Diff: []gitops.PropertyChange{{Path: "p", New: value}}}}}}
	}
	a, b := run("a", "x", 1), run("b", "y", 1)
	if report(a, b) != report(b, a) {
		t.Error("the order of the stacks must not matter")
	}
	if report(a) == report(a, b) || report(run("a", "x", 1)) == report(run("a", "z", 1)) {
		t.Error("other changes must have another digest")
	}
	idle := gitops.RunResult{Stack: gitops.StackID{Name: "c", Environment: "dev"}}
	if report(a) != report(a, idle) {
		t.Error("a stack without changes must not matter")
	}
}

func TestADeletionTellsWhatWasThereWithoutWhatTheProviderChose(t *testing.T) {
	set := collect(planned("delete", func(s *automation.Step) {
		s.OldInputs = map[string]any{"name": "work-1f2e", "fifoQueue": true, "policy": nil, "__defaults": []any{"name"}}
	}))
	want := []gitops.PropertyChange{{Path: "fifoQueue", Kind: "delete", Old: true}}
	if diff := cmp.Diff(want, set.Changes[0].Diff); diff != "" {
		t.Error(diff)
	}
}
