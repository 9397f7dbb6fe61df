package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// runPulumi stands in for the Pulumi CLI: its commands over package automation. AWS is
// the sandbox in the file that PULUMI_TEST_CLOUD names.
func runPulumi() (code int) {
	cloud, err := sandbox.Open(os.Getenv("PULUMI_TEST_CLOUD"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program, stop, err := enginetest.ServeProcess(func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, "go", "run", "-mod=mod", ".")
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(err, cloud.Close()))
		return 1
	}
	defer stop()
	cmd := automation.New(automation.Provider("aws", cloud.Server("", "")), automation.Program(program))
	_, _, code, err = cmd.Run(context.Background(), ".", os.Stdin, []io.Writer{os.Stdout}, []io.Writer{os.Stderr}, nil, os.Args[1:]...)
	if err := errors.Join(cmd.Close(), cloud.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// projects makes the directories in which there is a go.mod projects of the
// stand-in: they get Pulumi's Go modules from this one, and a place for their
// states.
func projects(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "projects", 0)
	here := ts.MkAbs(".")
	sums, err := os.ReadFile("../../go.sum")
	ts.Check(err)
	found, err := filepath.Glob(filepath.Join(here, "*", "go.mod"))
	ts.Check(err)
	for _, mod := range found {
		ts.Check(os.WriteFile(filepath.Join(filepath.Dir(mod), "go.sum"), sums, 0o644))
	}
	backend := filepath.Join(here, "backend")
	ts.Check(os.Mkdir(backend, 0o755))
	ts.Setenv("PULUMI_BACKEND_URL", "file://"+filepath.ToSlash(backend))
	ts.Setenv("PULUMI_TEST_CLOUD", filepath.Join(here, "cloud.db"))
}
