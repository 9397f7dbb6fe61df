package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// queues is how many resources the small stack has.
const queues = 5

// engine measures whole calls of the Automation API: the engine, the inline
// program, the sandbox and the state file, without any process.
func engine(ctx context.Context, w *workplace) (_ []table, err error) {
	cloud, err := sandbox.Open(filepath.Join(w.dir, "cloud.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	cmd := automation.New(
		automation.State("sqlite://"+filepath.ToSlash(filepath.Join(w.dir, "state.db"))),
		automation.KeyFile(filepath.Join(w.dir, "key")),
		automation.Provider("aws", cloud.Server("eu-west-1", "123456789012")),
	)
	defer func() { err = errors.Join(err, cmd.Close()) }()
	wait := 30
	program := func(ctx *pulumi.Context) error {
		for i := range queues {
			var queue pulumi.CustomResourceState
			args := pulumi.Map{"visibilityTimeoutSeconds": pulumi.Int(wait)}
			if err := ctx.RegisterResource("aws:sqs/queue:Queue", fmt.Sprintf("queue-%d", i), args, &queue); err != nil {
				return err
			}
		}
		return nil
	}
	dir := filepath.Join(w.dir, "engine")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	stack, err := auto.UpsertStackInlineSource(ctx, "bench", "bench", program, auto.Pulumi(cmd), auto.WorkDir(dir))
	if err != nil {
		return nil, err
	}
	up := func() error { _, err := stack.Up(ctx); return err }
	preview := func() error { _, err := stack.Preview(ctx); return err }
	calls := []struct {
		name, budget string
		times        int
		before, call func() error
	}{
		{"up, create", "50 ms", 1, nothing, up},
		{"preview, nothing changed", "10 ms", 30, nothing, preview},
		{"up, nothing changed", "50 ms", 30, nothing, up},
		{"up, all updated", "50 ms", 30, func() error { wait = 30 + (wait+1)%60; return nil }, up},
	}
	t := table{title: fmt.Sprintf("Automation API, one stack of %d resources, in this process", queues), head: []string{"call", "median", "budget"}}
	for _, c := range calls {
		var took []time.Duration
		for range c.times {
			if err := c.before(); err != nil {
				return nil, err
			}
			begin := time.Now()
			if err := c.call(); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			took = append(took, time.Since(begin))
		}
		t.add(c.name, millis(median(took)), c.budget)
	}
	return []table{t}, nil
}

func nothing() error { return nil }
