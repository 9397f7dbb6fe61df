package driver

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// rollout runs f once for every stack of the plan, in its order, as many at
// once as allowed. A run that fails skips its dependents and nothing else. The
// results are in the plan's order.
func (d *Driver) rollout(ctx context.Context, plan *rollout.Plan, op gitops.Operation, dry bool,
	f func(context.Context, gitops.StackID) gitops.RunResult,
) ([]gitops.RunResult, error) {
	sched := plan.Scheduler()
	results := map[gitops.StackID]gitops.RunResult{}
	done := make(chan gitops.RunResult)
	var waiting []gitops.StackID
	running := 0
	for !sched.Finished() || running > 0 {
		if ctx.Err() != nil {
			d.skip(results, append(sched.Cancel(), asSkips(waiting)...), op, gitops.RunCancelled, dry)
			waiting = nil
		} else {
			waiting = append(waiting, sched.Next()...)
		}
		for len(waiting) > 0 && running < d.opts.Parallel {
			id := waiting[0]
			waiting = waiting[1:]
			running++
			d.report(gitops.Progress{Run: &gitops.RunProgress{Stack: id, Operation: op, DryRun: dry, State: gitops.RunRunning}})
			go func() { done <- guarded(ctx, id, op, f) }()
		}
		if running == 0 {
			break
		}
		res := <-done
		running--
		results[res.Stack] = res
		d.report(gitops.Progress{Run: progressOf(res, dry)})
		skips, err := sched.Done(res.Stack, res.State)
		if err != nil {
			return nil, err
		}
		d.skip(results, skips, op, gitops.RunSkipped, dry)
	}
	out := make([]gitops.RunResult, 0, len(results))
	for _, id := range plan.Stacks() {
		if r, ok := results[id]; ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// guarded turns a panic in one run into its failure, so that the others end as
// they should.
func guarded(ctx context.Context, id gitops.StackID, op gitops.Operation,
	f func(context.Context, gitops.StackID) gitops.RunResult,
) (res gitops.RunResult) {
	defer func() {
		if p := recover(); p != nil {
			res = gitops.RunResult{Stack: id, Operation: op, State: gitops.RunFailed,
				Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{}},
				Err:     gitops.Errorf(gitops.Bug, "this is a bug in Trunkline: %v\n%s", p, debug.Stack())}
		}
	}()
	return f(ctx, id)
}

// skip records runs that do not happen.
func (d *Driver) skip(results map[gitops.StackID]gitops.RunResult, skips []rollout.Skip, op gitops.Operation, state gitops.RunState, dry bool) {
	for _, s := range skips {
		r := gitops.RunResult{Stack: s.ID, Operation: op, State: state, Skipped: s.Reason,
			Changes: gitops.ChangeSet{Stack: s.ID, Changes: []gitops.Change{}}}
		results[s.ID] = r
		d.report(gitops.Progress{Run: progressOf(r, dry)})
	}
}

func asSkips(ids []gitops.StackID) []rollout.Skip {
	out := make([]rollout.Skip, len(ids))
	for i, id := range ids {
		out[i] = rollout.Skip{ID: id, Reason: "cancelled before it started"}
	}
	return out
}

func progressOf(r gitops.RunResult, dry bool) *gitops.RunProgress {
	return &gitops.RunProgress{Stack: r.Stack, Operation: r.Operation, DryRun: dry, State: r.State,
		Detail: r.Skipped, Summary: r.Changes.Summary(), Took: r.Took}
}

// failure returns the error that decides the exit code of a rollout: a bug
// before anything else, then a cancellation, then what failed first. A run that
// was cancelled before it started counts: not everything was done.
func failure(results []gitops.RunResult) error {
	var errs []error
	for _, r := range results {
		switch {
		case r.Err != nil:
			errs = append(errs, r.Err)
		case r.State == gitops.RunCancelled:
			errs = append(errs, gitops.Errorf(gitops.Cancelled, "%s was %s", r.Stack, r.Skipped))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	weight := func(err error) int {
		switch gitops.KindOf(err) {
		case gitops.Bug:
			return 0
		case gitops.Cancelled:
			return 1
		case gitops.Failed:
			return 3
		}
		return 2
	}
	slices.SortStableFunc(errs, func(a, b error) int { return cmp.Compare(weight(a), weight(b)) })
	return errs[0]
}
