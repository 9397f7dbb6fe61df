package driver

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/exemption"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/policy"
)

func TestMarksOfHiddenValuesAreTheSameOnBothSides(t *testing.T) {
	t.Parallel()
	if policy.Masked != gitops.Masked || policy.Unknown != gitops.Unknown {
		t.Error("a policy would take what is hidden for a value")
	}
}

func TestOnlyMandatoryViolationsWithoutExemptionBlock(t *testing.T) {
	t.Parallel()
	passing := []gitops.Violation{{Policy: "advice"}, {Policy: "exempt", Mandatory: true, Exempt: &gitops.Exemption{}}}
	if err := Blocked(passing, gitops.Revision{}); err != nil {
		t.Error(err)
	}
}

// TestAViolationNamesTheLineAndTheWayOut: what it is about, where that is made,
// and the lines that would let it pass.
func TestAViolationNamesTheLineAndTheWayOut(t *testing.T) {
	t.Parallel()
	one := gitops.Violation{Policy: "encrypted", Mandatory: true, Stack: gitops.StackID{Name: "data", Environment: "dev"}, Name: "jobs",
		Message: "it is not", Source: "stacks/data/data.go:48"}
	unasked := gitops.Violation{Policy: undecided, Mandatory: true, Message: "they do not compile"}
	entry := "\n  " + strings.Join(exemption.Entry(one), "\n  ")
	const change = "change what they are about, or let somebody answer for it until a day: "
	for _, c := range []struct {
		name       string
		found      []gitops.Violation
		base       gitops.Revision
		what, next string
	}{
		{"one", []gitops.Violation{one}, gitops.Revision{},
			"policies forbid this: encrypted: dev/data jobs: it is not (stacks/data/data.go:48)",
			change + "add to policies/exemptions.yaml:\nversion: 1\nexemptions:" + entry},
		{"compared with a base, whose exemptions count", []gitops.Violation{one}, gitops.Revision{SHA: "a"},
			"policies forbid this: encrypted: dev/data jobs: it is not (stacks/data/data.go:48)",
			change + "add, in a change that is merged before, to policies/exemptions.yaml:\nversion: 1\nexemptions:" + entry},
		{"many", slices.Repeat([]gitops.Violation{one}, 5), gitops.Revision{},
			"policies forbid this in 5 places:" + strings.Repeat("\n  encrypted: dev/data jobs: it is not (stacks/data/data.go:48)", 3) + "\n  and 2 more",
			change + "add to policies/exemptions.yaml:\nversion: 1\nexemptions:" + entry},
		{"policies that cannot be asked, for which nobody can answer", []gitops.Violation{unasked}, gitops.Revision{},
			"policies forbid this: policies: they do not compile", "mend the policies; trunkline validate says what is wrong with them"},
	} {
		var told *gitops.Error
		if !errors.As(Blocked(c.found, c.base), &told) || told.Kind != gitops.Violated {
			t.Fatalf("%s: %v", c.name, told)
		}
		if diff := cmp.Diff([]string{c.what, c.next}, []string{told.What, told.Next}); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestAProposalIsGuardedByTheBase: a pull request that takes away its own guards
// is seen with those that hold, and with the region and tags that it would have.
func TestAProposalIsGuardedByTheBase(t *testing.T) {
	t.Parallel()
	env := func(name, when string, protect bool, tags map[string]string) *environments.Environment {
		return &environments.Environment{Name: name, Cloud: environments.Cloud{Provider: "aws", Region: "eu-west-1"}, Tags: tags,
			Deploy: environments.Deploy{Protect: protect, Approvals: environments.Approvals{When: when}}, Stacks: map[string]environments.Stack{}}
	}
	d := &Driver{opts: Options{Now: func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }}}
	base := &Session{d: d, Environments: []*environments.Environment{env("production", "always", true, map[string]string{"Owner": "ann"}), env("gone", "never", false, nil)}}
	head := &Session{d: d, Environments: []*environments.Environment{env("production", "never", false, nil), env("fresh", "destructive", false, nil)}}
	id := gitops.StackID{Name: "data", Environment: "production"}
	in := base.proposal(head, &Report{Head: gitops.Revision{SHA: "b"}, Base: gitops.Revision{SHA: "a"}, Results: []gitops.RunResult{
		{Stack: id, State: gitops.RunSucceeded, Resources: []gitops.Resource{{URN: "urn:1", Op: gitops.OpRead, Old: map[string]any{"a": 1.0}, New: map[string]any{"a": 1.0}}}},
		{Stack: gitops.StackID{Name: "old", Environment: "gone"}, Operation: gitops.Destroy, State: gitops.RunSucceeded},
		{Stack: gitops.StackID{Name: "app", Environment: "production"}, State: gitops.RunFailed},
	}}, Asking{Actor: "mallory", PullRequest: gitops.PullRequest{Number: 7, Fork: true}}, false)
	want := policy.ReviewInput{
		Schema: policy.InputSchema, Head: policy.Commit{SHA: "b"}, Base: policy.Commit{SHA: "a"}, Actor: "mallory", Time: d.now(),
		PullRequest: policy.PullRequest{Number: 7, Fork: true},
		Environments: []policy.Environment{
			{Name: "production", Provider: "aws", Region: "eu-west-1", Protect: true, Approvals: "always"},
			{Name: "fresh", Provider: "aws", Region: "eu-west-1", Approvals: "destructive"},
			{Name: "gone", Provider: "aws", Region: "eu-west-1", Approvals: "never"},
		},
		Stacks: []policy.Stack{
			{Name: "data", Environment: "production", DefaultTags: map[string]string{"Environment": "production", "Stack": "data", "ManagedBy": "trunkline"},
				Resources: []policy.Change{{URN: "urn:1", Op: policy.Same, NewInputs: map[string]any{"a": 1.0}}}},
			{Name: "old", Environment: "gone", Removed: true, DefaultTags: map[string]string{"Environment": "gone", "Stack": "old", "ManagedBy": "trunkline"}, Resources: []policy.Change{}},
		},
	}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
}

// TestADeploymentIsJudgedByWhoStartedIt: the push after a merge names the account of
// the forge, as the pull request did.
func TestADeploymentIsJudgedByWhoStartedIt(t *testing.T) {
	t.Parallel()
	d := &Driver{opts: Options{Now: time.Now}}
	started := &Session{d: d, by: Starter{Actor: "ana"}}
	if in := started.proposal(started, &Report{}, Asking{}, false); in.Actor != "ana" {
		t.Errorf("the policies hear of %q", in.Actor)
	}
	if in := (&Session{d: d}).proposal(started, &Report{}, Asking{Actor: "mallory"}, false); in.Actor != "mallory" {
		t.Errorf("the policies hear of %q", in.Actor)
	}
}

// TestTwoProgramsAreJudgedByAllThatTheyRegister: a fork's pull request is judged
// without a preview.
func TestTwoProgramsAreJudgedByAllThatTheyRegister(t *testing.T) {
	t.Parallel()
	of := func(urn string, size float64) record.Resource {
		return record.Resource{URN: urn, Type: "aws:ebs/volume:Volume", Name: urn, Inputs: map[string]any{"size": size}}
	}
	got := registered(
		record.Recording{Resources: []record.Resource{of("same", 1), of("grows", 1), of("gone", 1)}},
		record.Recording{Resources: []record.Resource{of("same", 1), of("grows", 2), of("fresh", 1)}},
		[]gitops.Change{{URN: "grows", Op: gitops.OpUpdate}, {URN: "gone", Op: gitops.OpDelete}, {URN: "fresh", Op: gitops.OpCreate}})
	one, two := map[string]any{"size": 1.0}, map[string]any{"size": 2.0}
	const volume = "aws:ebs/volume:Volume"
	want := []gitops.Resource{
		{URN: "same", Type: volume, Name: "same", Op: gitops.OpSame, Old: one, New: one},
		{URN: "grows", Type: volume, Name: "grows", Op: gitops.OpUpdate, Old: one, New: two},
		{URN: "fresh", Type: volume, Name: "fresh", Op: gitops.OpCreate, New: one},
		{URN: "gone", Type: volume, Name: "gone", Op: gitops.OpDelete, Old: one},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAnotherPreviewIsJudgedAgain: somebody was faster, and the stack would change
// in another way than the one that was allowed.
func TestAnotherPreviewIsJudgedAgain(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/estate\n\ngo 1.26\n", "policies/main.go": "package main\n\nfunc main() { judge() }\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := &Driver{opts: Options{Now: time.Now}, builder: program.Builder{CacheDir: t.TempDir()}}
	id := gitops.StackID{Name: "data", Environment: "dev"}
	first := gitops.RunResult{Stack: id, Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{{URN: "urn:1", Op: gitops.OpUpdate}}}}
	second := gitops.RunResult{Stack: id, Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{{URN: "urn:1", Op: gitops.OpDelete}}}}
	s := &Session{d: d, Root: root, Top: root, Environments: []*environments.Environment{{Name: "dev"}}}
	preview := &Report{Results: []gitops.RunResult{first}, judge: s}
	if err := s.stillAgreed(t.Context(), preview, first, first, false); err != nil {
		t.Errorf("the same changes: %v", err)
	}
	err := s.stillAgreed(t.Context(), preview, first, second, false)
	if gitops.KindOf(err) != gitops.Violated || !strings.Contains(err.Error(), "policies/main.go:3:15: undefined: judge") {
		t.Errorf("other changes: %v", err)
	}
	if preview.Results[0].Changes.Changes[0].Op != gitops.OpUpdate {
		t.Error("the first preview is changed")
	}
}

func TestTagsThatTheFileSwitchesOffAreNotThereByDefault(t *testing.T) {
	t.Parallel()
	env := &environments.Environment{Name: "dev", Config: map[string]settings.Value{"aws:defaultTags": {Kind: settings.Null}}}
	if got := tagsByDefault(env, gitops.StackID{Name: "data", Environment: "dev"}); got != nil {
		t.Error(got)
	}
	team := settings.Value{Kind: settings.Map, Map: map[string]settings.Value{"Team": {Kind: settings.String, Text: "shop"}}}
	env.Config["aws:defaultTags"] = settings.Value{Kind: settings.Map, Map: map[string]settings.Value{"tags": team}}
	if diff := cmp.Diff(map[string]string{"Team": "shop"}, tagsByDefault(env, gitops.StackID{Name: "data", Environment: "dev"})); diff != "" {
		t.Error(diff)
	}
}
