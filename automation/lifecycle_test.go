package automation_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optlist"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optremove"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAStackLivesFromCreationToRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s := w.stack("dev", things("a", "one", "two"))

	pre, err := s.Preview(ctx)
	w.must(err)
	if diff := cmp.Diff(map[apitype.OpType]int{"create": 3}, pre.ChangeSummary); diff != "" {
		t.Error("preview:", diff)
	}
	if n := len(w.cloud.Things()); n != 0 {
		t.Fatalf("the preview made %d things", n)
	}
	up, err := s.Up(ctx, optup.Message(`first "try"`))
	w.must(err)
	if up.Outputs["value"].Value != "a" || up.Outputs["value"].Secret {
		t.Errorf("outputs: %v", up.Outputs)
	}
	if up.Summary.Result != "succeeded" || up.Summary.Kind != "update" || up.Summary.Message != `first "try"` ||
		(*up.Summary.ResourceChanges)["create"] != 3 || up.Summary.EndTime == nil {
		t.Errorf("summary: %+v", up.Summary)
	}
	if !strings.Contains(up.StdOut, "Updating (dev)") || !strings.Contains(up.StdOut, "3 created") || up.StdErr != "" {
		t.Errorf("stdout:\n%s\nstderr:\n%s", up.StdOut, up.StdErr)
	}
	if _, err = s.Up(ctx, optup.ExpectNoChanges()); err != nil {
		t.Error("an update without a change:", err)
	}
	ref, err := s.Refresh(ctx)
	w.must(err)
	if ref.Summary.Kind != "refresh" {
		t.Errorf("refresh: %+v", ref.Summary)
	}
	des, err := s.Destroy(ctx, optdestroy.Remove())
	w.must(err)
	if (*des.Summary.ResourceChanges)["delete"] != 3 || len(w.cloud.Things()) != 0 {
		t.Errorf("destroy: %+v, left %v", des.Summary, w.cloud.Things())
	}
	list, err := s.Workspace().ListStacks(ctx)
	w.must(err)
	if len(list) != 0 {
		t.Errorf("after removal: %v", list)
	}
}

func TestPreviewsOfRefreshAndDestroyChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.updated(w.stack("dev", things("a", "one")))
	w.must(w.cloud.Touch("thing-1", "value", "drifted"))
	before, err := s.Export(t.Context())
	w.must(err)

	ref, err := s.PreviewRefresh(t.Context())
	w.must(err)
	if ref.ChangeSummary["update"] != 1 {
		t.Errorf("drift is not found: %v", ref.ChangeSummary)
	}
	des, err := s.PreviewDestroy(t.Context())
	w.must(err)
	if des.ChangeSummary["delete"] != 2 {
		t.Errorf("destroy: %v", des.ChangeSummary)
	}
	after, err := s.Export(t.Context())
	w.must(err)
	if diff := cmp.Diff(string(before.Deployment), string(after.Deployment)); diff != "" || len(w.cloud.Things()) != 1 {
		t.Error("something changed:", diff)
	}
}

func TestARefreshAdoptsDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.updated(w.stack("dev", things("a", "one")))
	w.must(w.cloud.Touch("thing-1", "value", "drifted"))
	if _, err := s.Refresh(t.Context(), optrefresh.ExpectNoChanges()); err == nil {
		t.Error("drift passed for no change")
	}
	up, err := s.Up(t.Context())
	w.must(err)
	if w.cloud.Things()["thing-1"]["value"] != "a" || (*up.Summary.ResourceChanges)["update"] != 1 {
		t.Errorf("the drift is not repaired: %v", w.cloud.Things())
	}
}

func TestTargetsLimitAnOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one", "two"))
	urn := func(name string) string { return "urn:pulumi:dev::shop::" + enginetest.ThingType + "::" + name }
	_, err := s.Up(t.Context(), optup.Target([]string{urn("one")}), optup.Parallel(2))
	w.must(err)
	if n := len(w.cloud.Things()); n != 1 {
		t.Errorf("%d things, want the target only", n)
	}
	_, err = s.Up(t.Context())
	w.must(err)
	_, err = s.Destroy(t.Context(), optdestroy.Exclude([]string{urn("two")}))
	w.must(err)
	if n := len(w.cloud.Things()); n != 1 {
		t.Errorf("%d things, want the excluded only", n)
	}
	pre, err := s.Preview(t.Context(), optpreview.Replace([]string{urn("two")}))
	w.must(err)
	if pre.ChangeSummary["replace"] != 1 {
		t.Errorf("replace: %v", pre.ChangeSummary)
	}
}

func TestExpectedNoChangesFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	_, err := s.Preview(t.Context(), optpreview.ExpectNoChanges())
	if err == nil || !strings.Contains(err.Error(), "code: 7") || !strings.Contains(err.Error(), "no changes were expected") {
		t.Errorf("got %v, want exit code 7", err)
	}
	w.wantKind("dev", gitops.Unexpected)
}

func TestAnExportCanBeImportedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", secretive)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: "s3cr3t", Secret: true}))
	_, err := s.Up(t.Context())
	w.must(err)
	state, err := s.Export(t.Context())
	w.must(err)
	if !strings.Contains(string(state.Deployment), "s3cr3t") {
		t.Error("auto exports secrets in plain text, and so must we")
	}

	other := newWorld(t)
	o := other.stack("dev", secretive)
	w.must(o.Import(t.Context(), state))
	outs, err := o.Outputs(t.Context())
	w.must(err)
	want := auto.OutputMap{"password": {Value: "s3cr3t", Secret: true}, "engine": {Value: "postgres"}}
	if diff := cmp.Diff(want, outs); diff != "" {
		t.Error(diff)
	}
	p := other.stack("prod", secretive)
	if err := p.Import(t.Context(), state); err == nil || !strings.Contains(err.Error(), "different stack") {
		t.Errorf("importing the state of another stack: got %v", err)
	}
}

func TestHistoryTellsEveryUpdateNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	h, err := s.History(t.Context(), 10, 1)
	w.must(err)
	if h == nil || len(h) != 0 {
		t.Errorf("a new stack's history: %v, want an empty list", h)
	}
	for range 3 {
		_, err = s.Up(t.Context(), optup.UserAgent("tests"))
		w.must(err)
	}
	_, err = s.Refresh(t.Context())
	w.must(err)
	h, err = s.History(t.Context(), 0, 0)
	w.must(err)
	var kinds []string
	for _, u := range h {
		kinds = append(kinds, u.Kind)
	}
	if diff := cmp.Diff([]string{"refresh", "update", "update", "update"}, kinds); diff != "" {
		t.Error(diff)
	}
	if h[1].Environment["exec.kind"] != "auto.inline" || h[1].Environment["exec.agent"] != "tests" {
		t.Errorf("metadata: %v", h[1].Environment)
	}
	page, err := s.History(t.Context(), 3, 2)
	w.must(err)
	if len(page) != 1 || page[0].Version != h[3].Version {
		t.Errorf("second page of three: %v", page)
	}
}

func TestListsAndInfoDescribeTheStacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stack("prod", things("a"))
	s := w.updated(w.stack("dev", things("a", "one")))
	info, err := s.Info(t.Context())
	w.must(err)
	if info.Name != "dev" || !info.Current || info.UpdateInProgress || *info.ResourceCount != 3 || info.LastUpdate == "" {
		t.Errorf("info: %+v", info)
	}
	list, err := s.Workspace().ListStacks(t.Context(), optlist.All())
	w.must(err)
	if len(list) != 2 || list[0].Name != "dev" || list[1].Name != "prod" || list[1].Current || list[1].LastUpdate != "" {
		t.Errorf("list: %+v", list)
	}
	who, err := s.Workspace().WhoAmIDetails(t.Context())
	w.must(err)
	if who.User != "ana" || !strings.HasPrefix(who.URL, "sqlite://") {
		t.Errorf("whoami: %+v", who)
	}
}

func TestLongNamesAreTheSameStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.updated(w.stack("data.dev", things("a", "one")))
	long := w.stack(auto.FullyQualifiedStackName("organization", "shop", "data.dev"), things("a", "one"))
	outs, err := long.Outputs(t.Context())
	w.must(err)
	if outs["value"].Value != "a" {
		t.Errorf("outputs under the long name: %v", outs)
	}
}

func TestAStackWithResourcesIsRemovedByForceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	w.must(s.SetConfig(t.Context(), "k", auto.ConfigValue{Value: "v"}))
	_, err := s.Up(t.Context())
	w.must(err)
	if err := s.Workspace().RemoveStack(t.Context(), "dev"); err == nil || !strings.Contains(err.Error(), "still has resources") {
		t.Errorf("got %v", err)
	}
	w.must(s.Workspace().RemoveStack(t.Context(), "dev", optremove.Force()))
	if _, err := os.Stat(filepath.Join(w.dir, "Pulumi.dev.yaml")); !os.IsNotExist(err) {
		t.Errorf("the stack's settings are left: %v", err)
	}
}

func TestARenamedStackKeepsItsResourcesAndSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := func(ctx *pulumi.Context) error {
		first, err := enginetest.NewThing(ctx, "first", pulumi.Map{"value": pulumi.String("a")})
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "second", pulumi.Map{"value": first.Value}, pulumi.DependsOn([]pulumi.Resource{first}))
		return err
	}
	s := w.stack("dev", run)
	w.must(s.SetConfig(t.Context(), "k", auto.ConfigValue{Value: "v", Secret: true}))
	_, err := s.Up(t.Context())
	w.must(err)
	if _, err = s.Rename(t.Context(), optrename.StackName("test")); err != nil {
		t.Fatal("auto.Rename:", err)
	}
	renamed, err := auto.SelectStackInlineSource(t.Context(), "test", "shop", run, auto.WorkDir(w.dir), auto.Pulumi(w.cmd))
	w.must(err)
	if _, err = renamed.Up(t.Context(), optup.ExpectNoChanges()); err != nil {
		t.Error("the resources are not known under the new name:", err)
	}
	v, err := renamed.GetConfig(t.Context(), "k")
	if err != nil || v.Value != "v" || !v.Secret {
		t.Errorf("settings: %v, %v", v, err)
	}
	if _, err := auto.SelectStackInlineSource(t.Context(), "dev", "shop", run, auto.WorkDir(w.dir), auto.Pulumi(w.cmd)); !auto.IsSelectStack404Error(err) {
		t.Errorf("the old name: got %v, want not found", err)
	}
}

func TestProgressStreamsSeeWhatStdoutHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	var seen bytes.Buffer
	up, err := s.Up(t.Context(), optup.ProgressStreams(brokenWriter{}, &seen))
	w.must(err)
	if seen.String() != up.StdOut {
		t.Errorf("stream:\n%s\nstdout:\n%s", &seen, up.StdOut)
	}
	pre, err := s.Preview(t.Context(), optpreview.Diff(), optpreview.SuppressProgress())
	w.must(err)
	if !strings.Contains(pre.StdOut, "Previewing update (dev)") {
		t.Errorf("diff display:\n%s", pre.StdOut)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestAProgramElsewhereIsUsedInsteadOfTheProjectsRuntime(t *testing.T) {
	t.Parallel()
	addr := enginetest.Serve(t, things("elsewhere", "one"))
	w := newWorld(t, automation.Program(addr))
	project := "name: shop\nruntime: go\n"
	w.must(os.WriteFile(filepath.Join(w.dir, "Pulumi.yaml"), []byte(project), 0o600))
	s, err := auto.UpsertStackLocalSource(t.Context(), "dev", w.dir, auto.Pulumi(w.cmd))
	w.must(err)
	up, err := s.Up(t.Context())
	w.must(err)
	if up.Outputs["value"].Value != "elsewhere" || up.Summary.Environment["exec.kind"] != "auto.local" {
		t.Errorf("got %v, %v", up.Outputs, up.Summary.Environment)
	}
	if w.file("Pulumi.yaml") != project {
		t.Error("the project was rewritten")
	}
}
