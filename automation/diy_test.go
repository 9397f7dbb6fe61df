package automation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"

	"github.com/trunkline-dev/trunkline/automation"
)

func TestAStackLivesInADirectoryOfPulumis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bucket := filepath.Join(w.dir, "bucket")
	w.must(os.Mkdir(bucket, 0o755))
	// What a program over the stock CLI would set, and nothing else.
	env := auto.EnvVars(map[string]string{"PULUMI_BACKEND_URL": "file://./bucket", "PULUMI_CONFIG_PASSPHRASE": "x"})
	w.cmd = w.command(automation.State(""))
	s := w.stack("dev", secretive, env)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: "hunter2", Secret: true}))

	_, err := s.Preview(t.Context())
	w.must(err)
	up, err := s.Up(t.Context(), optup.Message("first"))
	w.must(err)
	if out := up.Outputs["password"]; out.Value != "hunter2" || !out.Secret {
		t.Errorf("outputs: %v", up.Outputs)
	}
	checkpoint := readFile(t, filepath.Join(bucket, ".pulumi", "stacks", "shop", "dev.json"))
	if !strings.Contains(checkpoint, `"stack":"organization/shop/dev"`) || strings.Contains(checkpoint, "hunter2") {
		t.Errorf("the checkpoint:\n%s", checkpoint)
	}
	if _, err := s.Up(t.Context(), optup.ExpectNoChanges()); err != nil {
		t.Error("an update without a change:", err)
	}
	_, err = s.Refresh(t.Context())
	w.must(err)
	exported, err := s.Export(t.Context())
	w.must(err)
	w.must(s.Import(t.Context(), exported))

	_, err = s.Rename(t.Context(), optrename.StackName("prod"))
	w.must(err)
	s, err = auto.SelectStackInlineSource(t.Context(), "prod", "shop", secretive, auto.WorkDir(w.dir), auto.Pulumi(w.cmd), env)
	w.must(err)
	history, err := s.History(t.Context(), 0, 0)
	w.must(err)
	if len(history) < 3 || history[len(history)-1].Message != "first" {
		t.Errorf("history: %+v", history)
	}
	des, err := s.Destroy(t.Context(), optdestroy.Remove())
	w.must(err)
	if des.Summary.Result != "succeeded" || len(w.cloud.Things()) != 0 {
		t.Errorf("destroy: %+v, left %v", des.Summary, w.cloud.Things())
	}
	if left, err := filepath.Glob(filepath.Join(bucket, ".pulumi", "stacks", "shop", "*.json")); err != nil || len(left) != 0 {
		t.Errorf("after removal: %v, %v", left, err)
	}
	if locks, err := filepath.Glob(filepath.Join(bucket, ".pulumi", "locks", "organization", "shop", "*", "*")); err != nil || len(locks) != 0 {
		t.Errorf("locks are left: %v, %v", locks, err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
