package program_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// printed collects what a program prints.
type printed struct {
	mu sync.Mutex
	bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Buffer.Write(b)
}

func (p *printed) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.String()
}

func start(t *testing.T, behave string, opts program.StartOptions) (*program.Process, error) {
	t.Helper()
	opts.Env = append(opts.Env, "BEHAVE="+behave)
	p, err := program.Start(t.Context(), compiled(t), opts)
	if err == nil {
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return p, err
}

// ended waits for the death of a program.
func ended(t *testing.T, p *program.Process) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the program lives on")
	}
}

func TestAProgramServesUntilItIsClosed(t *testing.T) {
	t.Parallel()
	p, err := start(t, "", program.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Address() != "127.0.0.1:4711" || p.Err() != nil {
		t.Errorf("address %s, error %v", p.Address(), p.Err())
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	ended(t, p)
	if p.Err() != nil {
		t.Errorf("closing is reported as a death: %v", p.Err())
	}
}

func TestAPanicIsPlacedInTheRepository(t *testing.T) {
	t.Parallel()
	p, err := start(t, "panic", program.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, p)
	wantError(t, p.Err(), gitops.Failed, "stacks/data/data.go:9: the estate program died: it panicked: assignment to entry in nil map")
	var death *program.Death
	if !errors.As(p.Err(), &death) || death.Code != 2 || death.Where != "stacks/data/data.go:9" {
		t.Errorf("death is %+v", death)
	}
	lost := errors.New("rpc error: code = Unavailable desc = error reading from server: EOF")
	if got := p.Explain(lost); got == lost {
		t.Error("the lost connection is not explained")
	}
	if other := errors.New("invalid cidr"); p.Explain(other) != other {
		t.Error("another error is replaced")
	}
}

func TestADeathWithoutAPanicTellsHow(t *testing.T) {
	t.Parallel()
	p, err := start(t, "kill", program.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, p)
	wantError(t, p.Err(), gitops.Failed, "exit code 7")
}

func TestAProgramThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		behave string
		kind   gitops.Kind
		says   []string
	}{
		"it exits early":             {"exit", gitops.Failed, []string{"did not start", "exit code 3", "cannot go on"}},
		"it hangs":                   {"hang", gitops.Timeout, []string{"did not start within", "before estate.Main is called"}},
		"it prints without end":      {"flood", gitops.Failed, []string{"more than 64 KiB"}},
		"it listens elsewhere":       {"garbage", gitops.Failed, []string{"not on this machine"}},
		"it speaks another protocol": {"newer", gitops.Failed, []string{"version 99", "same version"}},
		"its stacks make no sense":   {"contradict", gitops.Invalid, []string{"the estate is not valid", "\n  stacks/data/data.go:7: stack \"data\" needs"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 30 * time.Second
			if c.kind == gitops.Timeout {
				timeout = 300 * time.Millisecond
			}
			_, err := start(t, c.behave, program.StartOptions{StartTimeout: timeout})
			wantError(t, err, c.kind, c.says...)
		})
	}
	t.Run("the wait is cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := program.Start(ctx, compiled(t), program.StartOptions{Env: []string{"BEHAVE=hang"}})
		wantError(t, err, gitops.Cancelled)
	})
	t.Run("it is not there", func(t *testing.T) {
		t.Parallel()
		bin := compiled(t)
		bin.Path += "-gone"
		_, err := program.Start(t.Context(), bin, program.StartOptions{})
		wantError(t, err, gitops.Failed, "cannot start", "no such file")
	})
}

func TestAProgramMayPrintBeforeItListens(t *testing.T) {
	t.Parallel()
	var out printed
	p, err := start(t, "chatty", program.StartOptions{Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.text(), "hello from an init function\n") {
		t.Errorf("printed %q", out.text())
	}
}

func TestAProgramSeesNothingOfTheDriver(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "canary")
	t.Setenv("GITHUB_TOKEN", "canary")
	t.Setenv("TZ", "UTC")
	var out printed
	p, err := start(t, "environ", program.StartOptions{Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kv := range strings.Fields(strings.TrimPrefix(strings.TrimSpace(out.text()), "ENV ")) {
		name, value, _ := strings.Cut(kv, "=")
		switch name {
		case "LANG", "TZ", "BEHAVE":
		case "HOME", "TMPDIR":
			if _, err := os.Stat(value); err == nil || value == os.Getenv("HOME") {
				t.Errorf("%s=%s is not private or was left behind", name, value)
			}
		default:
			t.Errorf("the program sees %s", kv)
		}
	}
}

func TestAProgramThatIgnoresItsEndIsKilled(t *testing.T) {
	t.Parallel()
	p, err := start(t, "ignore", program.StartOptions{Grace: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	ended(t, p)
}

func TestWhatAProgramPrintsIsBounded(t *testing.T) {
	t.Parallel()
	var out printed
	p, err := start(t, "pages", program.StartOptions{Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, p)
	if n := out.Len(); n > 1<<20+100 {
		t.Errorf("%d bytes were passed on", n)
	}
	if !strings.HasSuffix(out.text(), "(the program prints more than is shown)\n") {
		t.Error("it is not said that something is missing")
	}
	var death *program.Death
	if !errors.As(p.Err(), &death) || death.Tail[len(death.Tail)-1] != "199999 a queue" {
		t.Errorf("the last lines are missing: %+v", death)
	}
}

func TestDescribeKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	bin := build(t, newBuilder(t), estate(t, nil))
	first, err := program.Describe(t.Context(), bin)
	if err != nil || len(first.Stacks) != 2 || first.Stacks[1].Needs[0] != "network" {
		t.Fatalf("description is %+v, %v", first, err)
	}
	if err := os.Chmod(bin.Path, 0o400); err != nil {
		t.Fatal(err)
	}
	if again, err := program.Describe(t.Context(), bin); err != nil || len(again.Stacks) != 2 {
		t.Errorf("description is %+v, %v", again, err)
	}
	replace(t, filepath.Join(filepath.Dir(bin.Path), "describe.json"), "{\"schema\":")
	if _, err := program.Describe(t.Context(), bin); err == nil {
		t.Error("a broken answer is used")
	}
}

func TestAProgramThatDescribesNothingIsInvalid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		main string
		kind gitops.Kind
		says []string
	}{
		"silent":  {"package main\n\nfunc main() {}\n", gitops.Invalid, []string{"something else than a description", "estate.Main"}},
		"newer":   {"package main\n\nfunc main() { println() ; print(\"\") ; out() }\n", gitops.Invalid, []string{"trunkline.estate/v9", "same version"}},
		"panics":  {"package main\n\nvar table = []int{}\n\nfunc main() { println(table[3]) }\n", gitops.Failed, []string{"stacks/main.go:5: the estate program cannot describe its stacks: it panicked: runtime error: index out of range [3]"}},
		"endless": {"package main\n\nimport \"os\"\n\nfunc main() { b := make([]byte, 17<<20); os.Stdout.Write(b) }\n", gitops.Failed, []string{"more than 16 MiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			write(t, root, map[string]string{"go.mod": "module example.com/estate\n\ngo 1.26\n", "stacks/main.go": c.main,
				"stacks/out.go": "package main\n\nimport \"os\"\n\nfunc out() { os.Stdout.WriteString(\"{\\\"schema\\\":\\\"trunkline.estate/v9\\\"}\") }\n"})
			_, err := program.Describe(t.Context(), build(t, newBuilder(t), root))
			wantError(t, err, c.kind, c.says...)
		})
	}
}
