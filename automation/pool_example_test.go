package automation_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
)

// A server that runs for months keeps the engine in workers. A worker is the same
// program once more: main begins with
//
//	if len(os.Args) > 1 && os.Args[1] == "worker" {
//		cmd := automation.New() // with Provider, Store and KeyFile, as needed
//		if err := automation.ServeWorker(cmd); err != nil {
//			log.Fatal(err)
//		}
//		return
//	}
func ExampleNewPool() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	pool := automation.NewPool(automation.PoolConfig{
		Argv:    []string{os.Args[0], "worker"},
		Environ: append(automation.InheritEnv("PATH", "AWS_*"), "HOME="+dir),
		Size:    4,   // calls at once
		MaxRuns: 200, // then a worker is replaced
	})
	defer func() { _ = pool.Close() }()

	ctx := context.Background()
	program := func(ctx *pulumi.Context) error { // runs here, not in the worker
		ctx.Export("greeting", pulumi.String("hello"))
		return nil
	}
	watched := pool.With(automation.OnResult(func(stack string, r automation.Result) {
		fmt.Println(stack, "has version", r.Version)
	}))
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "shop", program, auto.Pulumi(watched), auto.WorkDir(dir))
	if err != nil {
		log.Fatal(err)
	}
	up, err := stack.Up(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(up.Outputs["greeting"].Value, up.Summary.Result)
	// Output:
	// dev has version 1
	// hello succeeded
}

// exampleWorker is the worker's half of ExampleNewPool.
func exampleWorker() int {
	if err := automation.ServeWorker(automation.New()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
