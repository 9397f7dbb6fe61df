package automation

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// execute runs the engine.
func (o *operation) execute(ctx context.Context, s *session, req engine.Request) error {
	res, err := s.be.api.Run(ctx, req)
	if err != nil {
		return &shownError{err}
	}
	for _, f := range s.onResult {
		f(req.Ref.Stack, res)
	}
	if o.expectNoChanges && hasChanges(res.Changes) {
		return gitops.Errorf(gitops.Unexpected, "no changes were expected but changes %s", tense(o.dryRun()))
	}
	return nil
}

func tense(dry bool) string {
	if dry {
		return "were proposed"
	}
	return "occurred"
}

// settle ends pending creates before a refresh: those that are named are
// adopted, the others are forgotten when that is asked for.
func (o *operation) settle(ctx context.Context, s *session, req engine.Request) error {
	req.Events, req.Out = nil, nil // the refresh that follows is what the caller sees
	for i := 0; i+1 < len(o.importPending); i += 2 {
		if err := s.be.api.Settle(ctx, req, o.importPending[i], o.importPending[i+1]); err != nil {
			return err
		}
	}
	if !o.clearPending {
		return nil
	}
	pending, err := s.be.api.Pending(ctx, req.Stack)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if p.Kind != "creating" {
			continue
		}
		if err := s.be.api.Settle(ctx, req, p.URN, ""); err != nil {
			return err
		}
	}
	return nil
}
