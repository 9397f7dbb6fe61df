package estate

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/trunkline-dev/trunkline/automation"
)

// asProgram makes the test binary be an estate program.
const asProgram = "TRUNKLINE_TEST_ESTATE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		Main(network, app)
	}
	os.Exit(m.Run())
}

// stockHost runs programs the way Pulumi's own language host for Go does: one
// process for each run, everything in its environment.
type stockHost struct {
	runtimeServer
	program string
}

func (h stockHost) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(r.GetConfig())
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(r.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, h.program)
	cmd.Env = append(os.Environ(), asProgram+"=1",
		pulumi.EnvOrganization+"="+r.GetOrganization(), pulumi.EnvProject+"="+r.GetProject(),
		pulumi.EnvPulumiRootDirectory+"="+r.GetInfo().GetRootDirectory(), pulumi.EnvStack+"="+r.GetStack(),
		pulumi.EnvConfig+"="+string(config), pulumi.EnvConfigSecretKeys+"="+string(secrets),
		pulumi.EnvDryRun+"="+strconv.FormatBool(r.GetDryRun()), pulumi.EnvParallel+"="+strconv.Itoa(int(r.GetParallel())),
		pulumi.EnvMonitor+"="+r.GetMonitorAddress(), pulumi.EnvEngine+"="+r.GetArgs()[0])
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &pulumirpc.RunResponse{Error: string(out), Bail: true}, nil // the program has logged it
	}
	return &pulumirpc.RunResponse{}, err
}

func TestTheProgramRunsUnderTheStockCLI(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterLanguageRuntimeServer(server, stockHost{program: program})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})

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
		automation.KeyFile(filepath.Join(dir, "key")), automation.Program(listener.Addr().String()))
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
