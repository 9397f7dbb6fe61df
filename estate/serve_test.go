package estate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
)

// served starts the program the way the driver does and returns its address.
// The program ends with the test.
func served(t *testing.T, stacks ...AnyStack) string {
	t.Helper()
	stdinR, stdinW := io.Pipe()
	stdoutR, stdoutW := io.Pipe()
	done := make(chan int, 1)
	var errs bytes.Buffer
	go func() { done <- run([]string{"serve"}, noEnv, stdinR, stdoutW, &errs, stacks) }()
	line, err := bufio.NewReader(stdoutR).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var hello struct {
		Trunkline int
		Address   string
	}
	if err := json.Unmarshal([]byte(line), &hello); err != nil || hello.Trunkline != 1 || !strings.HasPrefix(hello.Address, "127.0.0.1:") {
		t.Fatalf("hello is %q: %v", line, err)
	}
	t.Cleanup(func() {
		_ = stdinW.Close()
		if code := <-done; code != 0 || errs.Len() > 0 {
			t.Errorf("ended with %d: %s", code, &errs)
		}
	})
	return hello.Address
}

func TestServeEndsWithItsInput(t *testing.T) {
	t.Parallel()
	served(t, network) // served itself waits for the end
}

// engine returns a function that updates one stack of a served program with the
// real engine.
func engine(t *testing.T, address string) func(stack string) (auto.UpResult, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: trunkline\nruntime: go\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := automation.New(automation.State("sqlite://"+filepath.ToSlash(filepath.Join(dir, "state.db"))),
		automation.KeyFile(filepath.Join(dir, "key")), automation.Program(address))
	t.Cleanup(func() {
		if err := cmd.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(stack string) (auto.UpResult, error) {
		s, err := auto.UpsertStackLocalSource(t.Context(), stack, dir, auto.Pulumi(cmd))
		if err != nil {
			return auto.UpResult{}, err
		}
		_, env, _ := stackName(stack)
		cfg := auto.ConfigMap{}
		for key, text := range devConfig() {
			cfg[key] = auto.ConfigValue{Value: strings.Replace(text, `"dev"`, fmt.Sprintf("%q", env), 1)}
		}
		cfg["trunkline:password"] = auto.ConfigValue{Value: "hunter2", Secret: true}
		if err := s.SetAllConfig(t.Context(), cfg); err != nil {
			return auto.UpResult{}, err
		}
		return s.Up(t.Context())
	}
}

func TestServeRunsManyStacksAtOnceAndOutlivesAPanic(t *testing.T) {
	t.Parallel()
	boom := Define("boom", func(*pulumi.Context, Environment, struct{}) (*struct{}, error) {
		var none map[string]int
		none["x"] = 1
		return nil, nil
	})
	up := engine(t, served(t, network, app, boom))
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			env := fmt.Sprintf("env%d", i)
			if r, err := up("network." + env); err != nil || r.Outputs["vpcId"].Value != "vpc-"+env {
				t.Errorf("network of %s: outputs %v, error %v", env, r.Outputs, err)
				return
			}
			r, err := up("app." + env)
			if err != nil {
				t.Error(err)
				return
			}
			if want := fmt.Sprintf("eu-west-1 [vpc-%s [a b] 2 true map[k:v] 1]", env); r.Outputs["where"].Value != want {
				t.Errorf("got %v, want %s", r.Outputs["where"].Value, want)
			}
			if !r.Outputs["pass"].Secret || r.Outputs["pass"].Value != "hunter2" {
				t.Errorf("the password is %v", r.Outputs["pass"])
			}
		})
		all.Go(func() {
			_, err := up(fmt.Sprintf("boom.env%d", i))
			for _, want := range []string{"the program panicked: assignment to entry in nil map\n", " at estate/serve_test.go:"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
	all.Wait()
}
