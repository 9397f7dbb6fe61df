package automation_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
)

// A program that uses the Automation API needs one more option, and no Pulumi
// CLI.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	state := map[string]string{"PULUMI_BACKEND_URL": "sqlite://" + filepath.ToSlash(filepath.Join(dir, "state.db"))}

	ctx := context.Background()
	program := func(ctx *pulumi.Context) error {
		ctx.Export("greeting", pulumi.String("hello"))
		return nil
	}
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "shop", program,
		auto.Pulumi(automation.New()), auto.EnvVars(state), auto.WorkDir(dir))
	if err != nil {
		log.Fatal(err)
	}
	up, err := stack.Up(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(up.Outputs["greeting"].Value, up.Summary.Result)
	// Output: hello succeeded
}

// With gives one call its own observer; the state, locks and unlocked secrets
// stay shared.
func ExampleCommand_With() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := automation.New(automation.State("sqlite://" + filepath.ToSlash(filepath.Join(dir, "state.db"))))
	defer func() { _ = cmd.Close() }()

	watched := cmd.With(automation.Observe(func(stack string, e automation.Event) {
		if e.Summary != nil {
			fmt.Println(stack, e.Summary.Changes)
		}
	}))
	ctx := context.Background()
	program := func(ctx *pulumi.Context) error { return nil }
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "shop", program, auto.Pulumi(watched), auto.WorkDir(dir))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := stack.Preview(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: dev map[create:1]
}

// OnError hands over the cause of a failed call, which the errors of package
// auto hold as text only.
func ExampleOnError() {
	cmd := automation.New(automation.OnError(func(stack string, err error) {
		fmt.Printf("%s: %v\n", stack, err)
	}))
	_, _, code, _ := cmd.Run(context.Background(), ".", nil, nil, nil, nil, "config", "env", "ls", "--stack", "dev")
	fmt.Println("exit code", code)
	// Output:
	// dev: the command "pulumi config env ls" is not served in this process
	// exit code 2
}
