package driver

import (
	"context"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// leaveOut finds the stacks that register the same resources at both revisions,
// and returns the others. A stack that is not deployed as the base has it is never
// left out: its preview shows more than this difference.
func (r *Review) leaveOut(ctx context.Context, s, base *Session, ids []gitops.StackID) ([]gitops.StackID, error) {
	same, err := s.same(ctx, base, ids)
	if err != nil || len(same) == 0 {
		return ids, err
	}
	var sel Selection
	for _, id := range same {
		sel.Stacks = append(sel.Stacks, id.Name)
		sel.Environments = append(sel.Environments, id.Environment)
	}
	slices.Sort(sel.Environments)
	sel.Environments = slices.Compact(sel.Environments)
	deployed, err := base.Outdated(ctx, sel)
	if err != nil {
		return nil, err
	}
	var rest []gitops.StackID
	for _, id := range ids {
		if !slices.Contains(same, id) || !slices.Contains(deployed.Unaffected, id) {
			rest = append(rest, id)
			continue
		}
		r.Same = append(r.Same, review.SameStack{Stack: id, Reasons: r.reasons[id]})
	}
	return rest, nil
}

// same are those of the stacks whose programs register the same at both
// revisions.
func (s *Session) same(ctx context.Context, base *Session, ids []gitops.StackID) ([]gitops.StackID, error) {
	all, err := s.compareRecorded(ctx, base, slices.DeleteFunc(slices.Clone(ids), func(id gitops.StackID) bool { return !base.names(id) }))
	var out []gitops.StackID
	for _, c := range all {
		if c.Verdict == record.Same {
			out = append(out, c.StackID)
		}
	}
	return out, err
}

// compareRecorded records stacks at both revisions and compares.
func (s *Session) compareRecorded(ctx context.Context, base *Session, ids []gitops.StackID) ([]record.Comparison, error) {
	if len(ids) == 0 || base.broken != nil {
		return nil, nil
	}
	before, err := base.Record(ctx, ids)
	if err != nil {
		return nil, err
	}
	now, err := s.Record(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(record.CompareAll(before, now), func(c record.Comparison) bool { return !slices.Contains(ids, c.StackID) }), nil
}

// ReviewPrograms compares what two programs ask for. No credential, no secret, no
// state and no provider takes part, so it is what the pull request of a fork gets.
func (s *Session) ReviewPrograms(ctx context.Context, base *Session, sel Selection) (*Review, error) {
	aff, err := s.Affected(ctx, sel, base.Revision.SHA)
	if err != nil {
		return nil, err
	}
	r := newReview(s, base, aff)
	r.ProgramDiff = true
	ids := make([]gitops.StackID, len(aff.Stacks))
	for i, a := range aff.Stacks {
		ids[i] = a.StackID
	}
	if base.broken != nil {
		return nil, base.broken
	}
	begin := s.d.now()
	all, err := s.compareRecorded(ctx, base, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Verdict == record.Same {
			r.Same = append(r.Same, review.SameStack{Stack: c.StackID, Reasons: r.reasons[c.StackID]})
			continue
		}
		r.Results = append(r.Results, asResult(c, r.reasons[c.StackID]))
	}
	r.Took = s.d.now().Sub(begin)
	r.Timings = s.Timings
	return r, nil
}

// asResult is a comparison of programs in the form of a preview. What nobody can
// tell is no preview at all.
func asResult(c record.Comparison, reasons []gitops.Reason) gitops.RunResult {
	res := gitops.RunResult{Stack: c.StackID, Operation: gitops.Preview, State: gitops.RunSucceeded, Reasons: reasons,
		Changes: gitops.ChangeSet{Stack: c.StackID, Changes: append([]gitops.Change{}, c.Changes...)}}
	if c.Verdict == record.Undecided {
		res.State, res.Skipped = gitops.RunSkipped, "only a preview with credentials can tell: "+strings.Join(c.Why, "; ")
	}
	return res
}
