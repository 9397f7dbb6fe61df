package driver

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// Drift reads the cloud and tells where it differs from the state. It changes
// neither.
func (s *Session) Drift(ctx context.Context, sel Selection) (*Report, error) {
	return s.refresh(ctx, sel)
}

// Refresh takes what the cloud looks like into the state. Confirm is asked
// after the drift is known, and only when there is some; nil means yes.
func (s *Session) Refresh(ctx context.Context, sel Selection, confirm func(*Report) (bool, error)) (drift, result *Report, err error) {
	if drift, err = s.Drift(ctx, sel); err != nil {
		return nil, nil, err
	}
	if err := drift.Err(); err != nil {
		return drift, nil, err
	}
	if len(drift.changed()) == 0 {
		return drift, nil, nil
	}
	if confirm != nil {
		if ok, err := confirm(drift); err != nil || !ok {
			return drift, nil, err
		}
	}
	if result, err = s.carryOut(ctx, drift, rollout.Options{}, confirm != nil); err != nil {
		return drift, nil, err
	}
	return drift, result, result.Err()
}

func (s *Session) refresh(ctx context.Context, sel Selection) (*Report, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	if ids, err = s.deployed(ctx, ids); err != nil {
		return nil, err
	}
	return s.look(ctx, ids, gitops.Refresh, rollout.Options{})
}

// look previews an operation that needs no program on every stack.
func (s *Session) look(ctx context.Context, ids []gitops.StackID, op gitops.Operation, order rollout.Options) (*Report, error) {
	if err := s.authorize(ctx, ids, awsauth.Preview); err != nil {
		return nil, err
	}
	return s.sweep(ctx, ids, op, true, order, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		return s.run(ctx, id, action{operation: op, dry: true})
	})
}

// carryOut does the operation that was previewed, on the same stacks.
func (s *Session) carryOut(ctx context.Context, preview *Report, order rollout.Options, asked bool) (*Report, error) {
	var ids []gitops.StackID
	for _, res := range preview.Results {
		ids = append(ids, res.Stack)
	}
	if err := s.authorize(ctx, ids, awsauth.Update); err != nil {
		return nil, err
	}
	op := preview.Operation
	rep, err := s.sweep(ctx, ids, op, false, order, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		return s.asPreviewed(ctx, id, preview, action{operation: op, message: "trunkline " + string(op)}, asked)
	})
	if rep != nil {
		rep.Violations = preview.Violations // advice and exemptions
	}
	return rep, err
}

// sweep runs f on every stack and reports.
func (s *Session) sweep(ctx context.Context, ids []gitops.StackID, op gitops.Operation, dry bool, order rollout.Options,
	f func(context.Context, gitops.StackID) gitops.RunResult,
) (*Report, error) {
	plan, err := rollout.New(s.definitions(), s.promotion(), ids, order)
	if err != nil {
		return nil, err
	}
	begin := s.d.now()
	results, err := s.d.rollout(ctx, plan, op, dry, f)
	took := s.d.now().Sub(begin)
	s.Timings.Engine += took.Milliseconds()
	return &Report{Operation: op, Dry: dry, Head: s.Revision, Results: results, Timings: s.Timings, Took: took}, err
}

// deployed keeps the stacks that have a state.
func (s *Session) deployed(ctx context.Context, ids []gitops.StackID) ([]gitops.StackID, error) {
	var out []gitops.StackID
	for _, id := range ids {
		info, err := s.Info(ctx, id)
		if err != nil {
			return nil, err
		}
		if info.Version > 0 {
			out = append(out, id)
		}
	}
	return out, nil
}
