package driver

import (
	"context"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// PreviewRequest asks what an update of some stacks would do.
type PreviewRequest struct {
	Selection
	// Affected restricts the preview to the stacks that differ from this base
	// commit.
	Affected string
	// Refresh reads the cloud first, so that drift shows.
	Refresh bool
	Targets []string
	// Asking says who asks, for policies.
	Asking

	// approved is the digest of the preview that somebody has approved.
	approved string
	// changes tells that an update follows: it must be allowed before anything is
	// shown.
	changes bool
}

// Report is the result of a rollout.
type Report struct {
	Operation gitops.Operation
	Dry       bool
	Base      gitops.Revision
	Head      gitops.Revision
	Results   []gitops.RunResult
	// Unaffected are the stacks that the base commit and the head share.
	Unaffected []gitops.StackID
	// Violations are the findings of the policies that hold for it.
	Violations []gitops.Violation
	Timings    Timings
	// Took is how long all runs took together, on the clock.
	Took time.Duration

	reasons map[gitops.StackID][]gitops.Reason
	// outputs are those that a preview changes.
	outputs []review.OutputChange
	// removed are deployed stacks that the base has and the head has not. No run
	// is about them: an update must not take them for stacks without settings.
	removed []gitops.StackID
	// judge is the session whose policies hold.
	judge *Session
	// unknown says why the base cannot be read, so that all stacks are here.
	unknown string
}

// Err is the error that decides the exit code: nil when every run succeeded and
// no policy forbids it.
func (r *Report) Err() error {
	if err := failure(r.Results); err != nil {
		return err
	}
	return Blocked(r.Violations, r.Base)
}

// Changed counts the resources that do not stay the same.
func (r *Report) Changed() int {
	n := 0
	for _, res := range r.Results {
		n += res.Changes.Summary().Changed()
	}
	return n
}

// Preview tells what an update would do. It changes nothing in any cloud.
func (s *Session) Preview(ctx context.Context, req PreviewRequest) (*Report, error) {
	ids, rep, err := s.scope(ctx, req.Selection, req.Affected)
	if err != nil {
		return nil, err
	}
	if req.changes && rep.unknown != "" { // to look at everything is safe, to update it is not what was asked for
		return nil, &gitops.Error{Kind: gitops.NotFound, What: "what differs from " + req.Affected + " cannot be told: " + rep.unknown,
			Next: "name another commit, or leave out --affected to update everything"}
	}
	if err := s.previews(ctx, ids, req, rep); err != nil {
		return nil, err
	}
	return rep, s.judged(ctx, rep, req.Asking, req.approved)
}

// previews previews the stacks in waves into the report: each with what the
// stacks that it needs will hand over.
func (s *Session) previews(ctx context.Context, ids []gitops.StackID, req PreviewRequest, rep *Report) error {
	roles := []awsauth.Role{awsauth.Preview}
	if req.changes {
		roles = append(roles, awsauth.Update)
	}
	if err := s.authorize(ctx, ids, roles...); err != nil {
		return err
	}
	rep.Operation, rep.Dry = gitops.Preview, true
	plan, err := rollout.New(s.definitions(), s.promotion(), ids, rollout.Options{})
	if err != nil {
		return err
	}
	overlay, chosen, outputs := automation.NewOverlay(), newChosenNames(), newOutputBook()
	begin := s.d.now()
	results, err := s.d.rollout(ctx, plan, gitops.Preview, true, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		res := s.run(ctx, id, action{operation: gitops.Preview, dry: true, refresh: req.Refresh, targets: req.Targets, overlay: overlay, chosen: chosen, outputs: outputs})
		res.Upstream = s.previewedUpstream(id, overlay)
		return res
	})
	rep.Took = s.d.now().Sub(begin)
	s.Timings.Engine = rep.Took.Milliseconds()
	rep.Results, rep.Timings = s.explain(results, rep), s.Timings
	rep.outputs = chosen.hideIn(outputs.list(rep.Results))
	return err
}

// scope picks the stacks, and those among them that differ from base.
func (s *Session) scope(ctx context.Context, sel Selection, base string) ([]gitops.StackID, *Report, error) {
	rep := &Report{Head: s.Revision}
	ids, err := s.pick(sel)
	if err != nil || base == "" {
		return ids, rep, err
	}
	aff, err := s.Affected(ctx, sel, base)
	if err != nil {
		return nil, nil, err
	}
	rep.Base, rep.Unaffected, rep.unknown = aff.Base, aff.Unaffected, aff.Unknown
	rep.reasons = map[gitops.StackID][]gitops.Reason{}
	ids = nil
	for _, a := range aff.Stacks {
		env, err := s.Environment(a.Environment)
		if err != nil {
			continue // removed with its environment; listed by `affected`
		}
		if _, named := env.Stacks[a.Name]; named {
			ids = append(ids, a.StackID)
		} else if info, err := s.Info(ctx, a.StackID); err != nil {
			return nil, nil, err
		} else if info.Resources > 0 {
			rep.removed = append(rep.removed, a.StackID)
		}
		rep.reasons[a.StackID] = a.Reasons
	}
	return ids, rep, nil
}

// explain adds to each result why the stack is in the report, and says of the
// removed stacks that they stay. Stacks that were asked for need no reason.
func (s *Session) explain(results []gitops.RunResult, rep *Report) []gitops.RunResult {
	for _, id := range rep.removed {
		results = append(results, gitops.RunResult{Stack: id, Operation: rep.Operation, State: gitops.RunSkipped,
			Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{}},
			Skipped: "it is no longer in the estate and stays deployed until: trunkline destroy -e " + id.Environment + " -s " + id.Name})
	}
	for i := range results {
		results[i].Reasons = rep.reasons[results[i].Stack]
	}
	return results
}

// previewedUpstream lists the stacks whose previewed outputs fed the preview of
// this stack and differ from what is deployed.
func (s *Session) previewedUpstream(id gitops.StackID, overlay *automation.Overlay) []gitops.StackID {
	var out []gitops.StackID
	for _, ref := range overlay.Used(s.ref(id)) {
		if up, err := gitops.ParsePulumiName(ref.Stack); err == nil {
			out = append(out, up)
		}
	}
	return out
}
