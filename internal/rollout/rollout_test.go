package rollout_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// estate is the example of the documentation: app needs data and network, data
// needs network.
func estate() []rollout.Definition {
	return []rollout.Definition{
		{Name: "app", Needs: []string{"network", "data"}},
		{Name: "data", Needs: []string{"network"}},
		{Name: "network"},
		{Name: "audit"},
	}
}

func environments() []rollout.Environment {
	return []rollout.Environment{
		{Name: "production", After: []string{"staging"}},
		{Name: "dev"},
		{Name: "staging", After: []string{"dev"}},
	}
}

func id(s string) gitops.StackID {
	env, name, _ := strings.Cut(s, "/")
	return gitops.StackID{Name: name, Environment: env}
}

func ids(names ...string) []gitops.StackID {
	var out []gitops.StackID
	for _, n := range names {
		out = append(out, id(n))
	}
	return out
}

func names(waves [][]gitops.StackID) [][]string {
	var out [][]string
	for _, w := range waves {
		var line []string
		for _, s := range w {
			line = append(line, s.String())
		}
		out = append(out, line)
	}
	return out
}

func plan(t *testing.T, stacks []gitops.StackID, o rollout.Options) *rollout.Plan {
	t.Helper()
	p, err := rollout.New(estate(), environments(), stacks, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWavesPutNeedsFirst(t *testing.T) {
	t.Parallel()
	got, err := rollout.Waves(estate())
	want := [][]string{{"audit", "network"}, {"data"}, {"app"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("waves differ (%v):\n%s", err, diff)
	}
}

func TestACycleIsRefusedWithItsPath(t *testing.T) {
	t.Parallel()
	defs := []rollout.Definition{
		{Name: "edge", Needs: []string{"web"}},
		{Name: "web", Needs: []string{"data", "network"}},
		{Name: "data", Needs: []string{"web"}},
		{Name: "network"},
	}
	_, err := rollout.Waves(defs)
	if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "data → web → data") {
		t.Errorf("got %v, want an invalid estate with the path data → web → data", err)
	}
}

func TestAStackThatNeedsItselfIsACycle(t *testing.T) {
	t.Parallel()
	_, err := rollout.Waves([]rollout.Definition{{Name: "a", Needs: []string{"a"}}})
	if err == nil || !strings.Contains(err.Error(), "a → a") {
		t.Errorf("got %v, want a → a", err)
	}
}

func TestAllUnknownNeedsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := rollout.Waves([]rollout.Definition{{Name: "a", Needs: []string{"netwrk", "dtaa"}}, {Name: "network"}})
	if gitops.KindOf(err) != gitops.Invalid {
		t.Fatalf("got %v, want an invalid estate", err)
	}
	for _, want := range []string{`"a" needs "netwrk"`, `"a" needs "dtaa"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestPreviewsOfAllEnvironmentsRunSideBySide(t *testing.T) {
	t.Parallel()
	p := plan(t, ids("production/network", "dev/data", "dev/network", "dev/app"), rollout.Options{})
	want := [][]string{{"dev/network", "production/network"}, {"dev/data"}, {"dev/app"}}
	if diff := cmp.Diff(want, names(p.Waves)); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatesFollowThePromotionOrderThroughEnvironmentsThatAreLeftOut(t *testing.T) {
	t.Parallel()
	p := plan(t, ids("production/network", "dev/data", "dev/network"), rollout.Options{Promote: true})
	want := [][]string{{"dev/network"}, {"dev/data"}, {"production/network"}}
	if diff := cmp.Diff(want, names(p.Waves)); diff != "" {
		t.Error(diff)
	}
}

func TestNeedsHoldThroughStacksThatAreLeftOut(t *testing.T) {
	t.Parallel()
	defs := []rollout.Definition{{Name: "a", Needs: []string{"b"}}, {Name: "b", Needs: []string{"c"}}, {Name: "c"}}
	p, err := rollout.New(defs, nil, ids("dev/a", "dev/c"), rollout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"dev/c"}, {"dev/a"}}, names(p.Waves)); diff != "" {
		t.Error(diff)
	}
}

func TestADestroyRunsDependentsFirst(t *testing.T) {
	t.Parallel()
	p := plan(t, ids("dev/network", "dev/data", "dev/app", "dev/gone"), rollout.Options{Reverse: true})
	want := [][]string{{"dev/app", "dev/gone"}, {"dev/data"}, {"dev/network"}}
	if diff := cmp.Diff(want, names(p.Waves)); diff != "" {
		t.Error(diff)
	}
}

func TestAFailureSkipsItsDependentsAndNothingElse(t *testing.T) {
	t.Parallel()
	s := plan(t, ids("dev/network", "dev/data", "dev/app", "dev/audit"), rollout.Options{}).Scheduler()
	if diff := cmp.Diff(ids("dev/audit", "dev/network"), s.Next()); diff != "" {
		t.Fatal(diff)
	}
	skips, err := s.Done(id("dev/network"), gitops.RunFailed)
	want := []rollout.Skip{
		{ID: id("dev/data"), Reason: "needs dev/network, which failed"},
		{ID: id("dev/app"), Reason: "needs dev/network, which failed"},
	}
	if diff := cmp.Diff(want, skips); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if s.Finished() || s.State(id("dev/audit")) != gitops.RunRunning {
		t.Error("dev/audit does not need dev/network and must go on")
	}
}

func TestAFailureInDevKeepsStagingFromStarting(t *testing.T) {
	t.Parallel()
	s := plan(t, ids("dev/network", "staging/network"), rollout.Options{Promote: true}).Scheduler()
	s.Next()
	skips, err := s.Done(id("dev/network"), gitops.RunCancelled)
	want := []rollout.Skip{{ID: id("staging/network"), Reason: "comes after dev, where network was cancelled"}}
	if diff := cmp.Diff(want, skips); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAFailedDestroyKeepsWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := plan(t, ids("dev/network", "dev/data"), rollout.Options{Reverse: true}).Scheduler()
	s.Next()
	skips, err := s.Done(id("dev/data"), gitops.RunFailed)
	want := []rollout.Skip{{ID: id("dev/network"), Reason: "is needed by dev/data, which failed"}}
	if diff := cmp.Diff(want, skips); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestCancelEndsOnlyWhatHasNotStarted(t *testing.T) {
	t.Parallel()
	s := plan(t, ids("dev/network", "dev/data"), rollout.Options{}).Scheduler()
	s.Next()
	want := []rollout.Skip{{ID: id("dev/data"), Reason: "cancelled before it started"}}
	if diff := cmp.Diff(want, s.Cancel()); diff != "" {
		t.Error(diff)
	}
	if s.Finished() {
		t.Error("dev/network still runs")
	}
}

func TestARunThatIsNotRunningCannotEnd(t *testing.T) {
	t.Parallel()
	s := plan(t, ids("dev/network"), rollout.Options{}).Scheduler()
	if _, err := s.Done(id("dev/network"), gitops.RunSucceeded); gitops.KindOf(err) != gitops.Bug {
		t.Errorf("a queued run ended: %v", err)
	}
	s.Next()
	if _, err := s.Done(id("dev/network"), gitops.RunQueued); gitops.KindOf(err) != gitops.Bug {
		t.Errorf("a run ended as queued: %v", err)
	}
}

func TestAnEnvironmentThatComesAfterNothingKnownIsRefused(t *testing.T) {
	t.Parallel()
	_, err := rollout.EnvironmentOrder([]rollout.Environment{{Name: "dev", After: []string{"tset"}}})
	if gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("got %v, want an error of kind Invalid", err)
	}
}

func TestEnvironmentsThatComeAfterEachOtherAreRefused(t *testing.T) {
	t.Parallel()
	_, err := rollout.EnvironmentOrder([]rollout.Environment{{Name: "b", After: []string{"a"}}, {Name: "a", After: []string{"b"}}})
	if err == nil || !strings.Contains(err.Error(), "a → b → a") {
		t.Errorf("got %v, want the path a → b → a", err)
	}
}

func TestEnvironmentsComeInOrderOfPromotion(t *testing.T) {
	t.Parallel()
	got, err := rollout.EnvironmentOrder(environments())
	if diff := cmp.Diff([]string{"dev", "staging", "production"}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestTheGraphIsDrawnInEveryForm(t *testing.T) {
	t.Parallel()
	defs := []rollout.Definition{{Name: "data", Needs: []string{"network"}}, {Name: "network"}}
	for form, draw := range map[string]func([]rollout.Definition) (string, error){
		"1  network\n2  data     needs network\n":                                                                                          rollout.Text,
		"flowchart LR\n  s0[\"network\"]\n  s1[\"data\"]\n  s0 --> s1\n":                                                                   rollout.Mermaid,
		"digraph stacks {\n  rankdir=LR;\n  node [shape=box];\n  \"network\";\n  \"data\";\n  \"network\" -> \"data\";\n}\n":               rollout.DOT,
		`{"schema":"trunkline.graph/v1","stacks":[{"stack":"network","needs":[],"wave":1},{"stack":"data","needs":["network"],"wave":2}]}`: asJSON,
	} {
		if got, err := draw(defs); got != form || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, form)
		}
	}
}

func asJSON(defs []rollout.Definition) (string, error) {
	doc, err := rollout.JSON(defs)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(doc)
	return string(b), err
}
