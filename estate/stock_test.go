package estate

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// asProgram makes the test binary be an estate program.
const asProgram = "TRUNKLINE_TEST_ESTATE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		Main(network, app)
	}
	os.Exit(m.Run())
}

func TestTheProgramRunsUnderTheStockCLI(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	addr, stop, err := enginetest.ServeProcess(func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = []string{asProgram + "=1"}
		return cmd
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)

	dir := t.TempDir()
	for name, text := range map[string]string{
		"Pulumi.yaml": "name: trunkline\nruntime: go\n",
		"environments/prod.yaml": "version: 1\nname: prod\ncloud: {provider: aws, region: eu-west-1, account: \"123456789012\"}\n" +
			"stacks:\n  network: {zones: 3}\n  app: {password: {secure: ciphertext}}\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := automation.New(automation.State("sqlite://"+filepath.ToSlash(filepath.Join(dir, "state.db"))),
		automation.KeyFile(filepath.Join(dir, "key")), automation.Program(addr))
	t.Cleanup(func() {
		if err := cmd.Close(); err != nil {
			t.Error(err)
		}
	})
	up := func(stack string, cfg auto.ConfigMap) (auto.UpResult, error) {
		s, err := auto.UpsertStackLocalSource(t.Context(), stack, dir, auto.Pulumi(cmd))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetAllConfig(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		return s.Up(t.Context())
	}

	r, err := up("network.prod", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Outputs["zones"].Value != 3.0 || r.Outputs["vpcId"].Value != "vpc-prod" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	if _, err := up("app.prod", nil); err == nil || !strings.Contains(err.Error(), "run: pulumi config set --secret password") {
		t.Errorf("without the secret: %v", err)
	}
	r, err = up("app.prod", auto.ConfigMap{"password": {Value: "hunter2", Secret: true}})
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Outputs["pass"]; p.Value != "hunter2" || !p.Secret {
		t.Errorf("the password is %v", p)
	}
}
