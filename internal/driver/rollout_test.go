package driver

import (
	"context"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

func TestACancelledRolloutIsNoSuccess(t *testing.T) {
	t.Parallel()
	first, second := gitops.StackID{Name: "network", Environment: "dev"}, gitops.StackID{Name: "app", Environment: "dev"}
	plan, err := rollout.New([]rollout.Definition{{Name: "network"}, {Name: "app", Needs: []string{"network"}}},
		[]rollout.Environment{{Name: "dev"}}, []gitops.StackID{first, second}, rollout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	d := &Driver{opts: Options{Now: time.Now, Parallel: 2}}
	results, err := d.rollout(ctx, plan, gitops.Update, false, func(_ context.Context, id gitops.StackID) gitops.RunResult {
		stop() // somebody presses Ctrl-C while the first stack ends well
		return gitops.RunResult{Stack: id, State: gitops.RunSucceeded}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || results[0].State != gitops.RunSucceeded || results[1].State != gitops.RunCancelled {
		t.Fatalf("got %+v", results)
	}
	if got := gitops.KindOf(failure(results)); got != gitops.Cancelled {
		t.Errorf("the second stack never ran, and the rollout ends with kind %d", got)
	}
}
