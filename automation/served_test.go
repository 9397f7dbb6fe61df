package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAnUpdateThatLeavesItsPlanChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	file := filepath.Join(w.home, "plan.json")
	_, err := s.Preview(t.Context(), optpreview.Plan(file))
	w.must(err)
	s.Workspace().SetProgram(things("a", "one", "two", "three"))
	_, err = s.Up(t.Context(), optup.Plan(file))
	if err == nil || !strings.Contains(err.Error(), "not allowed by the plan") {
		t.Errorf("a program that does more: %v", err)
	}
	if n := len(w.cloud.Things()); n != 0 {
		t.Fatalf("%d things were made before the plan was found violated", n)
	}
	s.Workspace().SetProgram(things("a", "one"))
	up, err := s.Up(t.Context(), optup.Plan(file))
	w.must(err)
	if len(w.cloud.Things()) != 1 || up.Summary.Environment["updatePlan"] != "true" || strings.Contains(up.StdOut, "Previewing") {
		t.Errorf("the planned update: %v, %v\n%s", w.cloud.Things(), up.Summary.Environment, up.StdOut)
	}
	if _, err := s.Up(t.Context(), optup.Plan(filepath.Join(w.home, "none.json"))); err == nil || !strings.Contains(err.Error(), "code: 2") {
		t.Errorf("a plan that is not there: %v", err)
	}
}

func TestResourcesAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.updated(w.stack("other", things("a", "one")))
	s := w.stack("dev", things("a", "one"))
	res, err := s.ImportResources(t.Context(), optimport.Protect(false), optimport.Resources([]*optimport.ImportResource{
		{Type: enginetest.ThingType, Name: "one", ID: "thing-1", Version: "1.0.0"},
	}))
	w.must(err)
	if res.Summary.Kind != "resource-import" || (*res.Summary.ResourceChanges)["import"] != 1 || !strings.Contains(res.StdOut, "Importing (dev)") {
		t.Errorf("%+v\n%s", res.Summary, res.StdOut)
	}
	if !strings.Contains(res.StdErr, "no code was generated") || !strings.Contains(res.GeneratedCode, "no code was generated") {
		t.Errorf("nobody says that there is no code: %q %q", res.StdErr, res.GeneratedCode)
	}
	if up, err := s.Up(t.Context()); err != nil || (*up.Summary.ResourceChanges)["create"] != 0 {
		t.Errorf("after the import: %+v, %v", up.Summary, err)
	}
	for want, args := range map[string]string{
		"missing name, id": "import test:index:Thing", "invalid parent URN": "import t n i --parent x", "no ID": "import --file import.json",
		"--yes": "import t n i --skip-preview=false",
	} {
		w.must(os.WriteFile(filepath.Join(w.dir, "import.json"), []byte(`{"resources":[{"type":"t","name":"n"}]}`), 0o600))
		argv := append(strings.Fields(args), "--stack", "dev")
		if want != "--yes" {
			argv = append(argv, "--yes")
		}
		_, stderr, code, _ := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil, argv...)
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d\n%s", args, code, stderr)
		}
	}
}

func TestAPreviewListsWhatCanBeImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	file := filepath.Join(w.home, "import.json")
	_, err := s.Preview(t.Context(), optpreview.ImportFile(file))
	w.must(err)
	raw, err := os.ReadFile(file)
	w.must(err)
	var got struct {
		Resources []map[string]any `json:"resources"`
	}
	w.must(json.Unmarshal(raw, &got))
	want := []map[string]any{{"type": enginetest.ThingType, "name": "one", "id": "<PLACEHOLDER>", "version": "1.0.0"}}
	if diff := cmp.Diff(want, got.Resources); diff != "" {
		t.Error(diff)
	}
}

func TestTagsStayWithTheirStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	none, err := s.ListTags(t.Context())
	if err != nil || none == nil || len(none) != 0 {
		t.Errorf("no tags: %v, %v", none, err)
	}
	w.must(s.SetTag(t.Context(), "team", "web"))
	w.must(s.SetTag(t.Context(), "cost", "12"))
	w.must(s.RemoveTag(t.Context(), "cost"))
	if v, err := s.GetTag(t.Context(), "team"); err != nil || v != "web" {
		t.Errorf("get: %q, %v", v, err)
	}
	if _, err := s.GetTag(t.Context(), "cost"); err == nil || !strings.Contains(err.Error(), "stack tag 'cost' not found for stack 'dev'") {
		t.Errorf("a tag that is removed: %v", err)
	}
	_, err = s.Rename(t.Context(), optrename.StackName("test"))
	w.must(err)
	again, err := auto.SelectStackInlineSource(t.Context(), "test", "shop", nothing, auto.WorkDir(w.dir), auto.Pulumi(w.cmd))
	w.must(err)
	tags, err := again.ListTags(t.Context())
	if diff := cmp.Diff(map[string]string{"team": "web"}, tags); diff != "" || err != nil {
		t.Error(diff, err)
	}
	out, _, _, err := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil, "stack", "tag", "ls", "--stack", "test")
	if err != nil || out != "NAME  VALUE\nteam  web\n" {
		t.Errorf("as a table: %q, %v", out, err)
	}
}

func TestTheSecretsProviderOfAStackCanChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", secretive)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: hush, Secret: true}))
	_, err := s.Up(t.Context())
	w.must(err)
	phrase := "correct horse"
	w.must(s.ChangeSecretsProvider(t.Context(), "passphrase", &auto.ChangeSecretsProviderOptions{NewPassphrase: &phrase}))
	if text := w.file("Pulumi.dev.yaml"); !strings.Contains(text, "encryptionsalt: v1:") || strings.Contains(text, hush) {
		t.Errorf("the stack's file:\n%s", text)
	}
	if _, err := s.GetConfig(t.Context(), "password"); err == nil {
		t.Error("the secret opens without the new passphrase")
	}
	open := w.stack("dev", secretive, auto.EnvVars(map[string]string{"PULUMI_CONFIG_PASSPHRASE": phrase}))
	if v, err := open.GetConfig(t.Context(), "password"); err != nil || v.Value != hush {
		t.Errorf("configuration: %v, %v", v, err)
	}
	if _, err := open.Up(t.Context(), optup.ExpectNoChanges()); err != nil {
		t.Error("state:", err)
	}
	w.must(open.ChangeSecretsProvider(t.Context(), "default", nil))
	if text := w.file("Pulumi.dev.yaml"); strings.Contains(text, "encryptionsalt") {
		t.Errorf("the old salt is left:\n%s", text)
	}
	outs, err := s.Outputs(t.Context())
	if err != nil || outs["password"].Value != hush {
		t.Errorf("outputs: %v, %v", outs, err)
	}
	if err := s.ChangeSecretsProvider(t.Context(), "rot13", nil); err == nil || !strings.Contains(err.Error(), "unknown secrets provider type 'rot13'") {
		t.Errorf("got %v", err)
	}
}

func TestAStackMovesToAnotherProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.updated(w.stack("dev", things("a", "one")))
	_, err := s.Rename(t.Context(), optrename.StackName("organization/web/dev"))
	w.must(err)
	dir := t.TempDir()
	moved, err := auto.SelectStackInlineSource(t.Context(), "dev", "web", things("a", "one"), auto.WorkDir(dir), auto.Pulumi(w.cmd))
	w.must(err)
	if _, err := moved.Up(t.Context(), optup.ExpectNoChanges()); err != nil {
		t.Error("the resources are not known in the new project:", err)
	}
}

// outside is a provider that runs by itself.
type outside struct{ *enginetest.Provider }

func (outside) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func TestTheSwitchesOfACallAreForThatCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	server, other := grpc.NewServer(), enginetest.NewProvider()
	pulumirpc.RegisterResourceProviderServer(server, outside{other})
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	s := w.stack("dev", things("a", "one"), auto.EnvVars(map[string]string{
		"PULUMI_DEBUG_PROVIDERS": fmt.Sprintf("test:%d", l.Addr().(*net.TCPAddr).Port),
		"PULUMI_PARALLEL":        "1", "PULUMI_PARALLEL_DIFF": "true", "PULUMI_SKIP_CHECKPOINTS": "true",
		"PULUMI_OPTION_MESSAGE": "by the environment",
	}))
	up, err := s.Up(t.Context())
	w.must(err)
	if len(other.Things()) != 1 || len(w.cloud.Things()) != 0 {
		t.Errorf("attached: %v, in process: %v", other.Things(), w.cloud.Things())
	}
	env := up.Summary.Environment
	if env["pulumi.env.PULUMI_PARALLEL"] != "set" || env["pulumi.env.PULUMI_PARALLEL_DIFF"] != "true" || up.Summary.Message != "by the environment" {
		t.Errorf("history: %q %v", up.Summary.Message, env)
	}
	if _, has := os.LookupEnv("PULUMI_DEBUG_PROVIDERS"); has {
		t.Error("the process's environment was changed")
	}
	for name, value := range map[string]string{"PULUMI_PARALLEL": "many", "PULUMI_DEBUG_GRPC": "x.json", "PULUMI_PARALLEL_ANALYZE": "4"} {
		_, stderr, code, _ := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, []string{name + "=" + value}, "preview", "--stack", "dev")
		if code != 2 || !strings.Contains(stderr, name) {
			t.Errorf("%s=%s: exit %d\n%s", name, value, code, stderr)
		}
	}
}

func TestTheResultOfAFailedOperationIsHandedOver(t *testing.T) {
	t.Parallel()
	var results []automation.Result
	var failed error
	w := newWorld(t, automation.OnResult(func(_ string, r automation.Result) { results = append(results, r) }),
		automation.OnError(func(_ string, err error) { failed = err }))
	s := w.stack("dev", refused)
	_, err := s.Up(t.Context())
	if err == nil || gitops.KindOf(failed) != gitops.Deployment {
		t.Fatalf("got %v, %v", err, failed)
	}
	if len(results) != 1 || results[0].Version == results[0].Base || results[0].Changes["create"] == 0 {
		t.Errorf("results: %+v", results)
	}
	if _, stderr, _ := strings.Cut(err.Error(), "stderr:"); strings.TrimSpace(stderr) != "" {
		t.Errorf("what the display has told is told again: %s", stderr)
	}
}

func TestColoursAreThereWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	for color, mark := range map[string]string{"always": "\x1b[", "raw": "<{%"} {
		pre, err := s.Preview(t.Context(), optpreview.Color(color))
		w.must(err)
		if !strings.Contains(pre.StdOut, mark) {
			t.Errorf("%s:\n%s", color, pre.StdOut)
		}
	}
	if pre, err := s.Preview(t.Context(), optpreview.Color("auto")); err != nil || strings.Contains(pre.StdOut, "\x1b") {
		t.Errorf("auto: %v\n%s", err, pre.StdOut)
	}
}

func TestAProjectMayAskForARefreshEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(os.WriteFile(filepath.Join(w.dir, "Pulumi.yaml"), []byte("name: shop\nruntime: go\noptions: {refresh: always}\n"), 0o600))
	s := w.updated(w.stack("dev", things("a", "one")))
	before := w.cloud.Calls()["Read"]
	_, err := s.Preview(t.Context())
	w.must(err)
	if w.cloud.Calls()["Read"] == before {
		t.Error("the state was not refreshed")
	}
	before = w.cloud.Calls()["Read"]
	_, _, _, err = w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil, "preview", "--refresh=false", "--client", enginetest.Serve(t, things("a", "one")), "--stack", "dev")
	w.must(err)
	if w.cloud.Calls()["Read"] != before {
		t.Error("--refresh=false was overruled by the project")
	}
}

func TestTheHistoryCanBeReadByPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one"))
	text := func(args ...string) string {
		out, _, _, err := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil, append([]string{"stack", "history", "--stack", "dev"}, args...)...)
		w.must(err)
		return out
	}
	if got := text(); got != "Stack has never been updated\n" {
		t.Errorf("got %q", got)
	}
	up, err := s.Up(t.Context(), optup.Message("first"))
	w.must(err)
	got := text("--full-dates")
	for _, want := range []string{"Version: 1\n", "UpdateKind: update\n", "Status: succeeded\n", "Message: first\n", "+2-0~0 0 Updated " + up.Summary.StartTime[:4], "    exec.kind: auto.inline\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}
