package driver

import (
	"context"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/approval"
	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// dependentsFirst is the order of a destroy.
var dependentsFirst = rollout.Options{Reverse: true}

// Destroy previews, asks, and deletes every resource of the stacks, dependents
// first. A protected environment refuses, and so do mandatory policies; an
// environment that asks for approval does so here too, and approved is the digest
// of the preview that somebody approved. A confirm of nil means yes.
func (s *Session) Destroy(ctx context.Context, sel Selection, approved string, confirm func(*Report) (bool, error),
) (preview, result *Report, err error) {
	ids, err := s.toDestroy(ctx, sel)
	if err != nil {
		return nil, nil, err
	}
	if err := s.authorize(ctx, ids, awsauth.Preview, awsauth.Update); err != nil {
		return nil, nil, err
	}
	if preview, err = s.look(ctx, ids, gitops.Destroy, dependentsFirst); err != nil {
		return nil, nil, err
	}
	if err := s.judged(ctx, preview, Asking{}, approved); err != nil {
		return preview, nil, err
	}
	if err := preview.Err(); err != nil || len(preview.changed()) == 0 {
		return preview, nil, err
	}
	if err := s.approved(preview, approved); err != nil {
		return preview, nil, err
	}
	if confirm != nil {
		if ok, err := confirm(preview); err != nil || !ok {
			return preview, nil, err
		}
	}
	if result, err = s.carryOut(ctx, preview, dependentsFirst, confirm != nil || approved != ""); err != nil {
		return preview, nil, err
	}
	return preview, result, result.Err()
}

// toDestroy picks deployed stacks, those included that the revision no longer
// defines, and refuses protected environments.
func (s *Session) toDestroy(ctx context.Context, sel Selection) ([]gitops.StackID, error) {
	ids, err := s.pickDeployed(ctx, sel)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		env, err := s.guarding(id.Environment)
		if err != nil {
			return nil, err
		}
		if !approval.MayDestroy(guard(env)) {
			return nil, &gitops.Error{Kind: gitops.Violated, Where: env.File,
				What: "environment " + env.Name + " is protected and refuses destroy",
				Next: "set `deploy.protect: false` in a commit of its own"}
		}
	}
	if ids, err = s.deployed(ctx, ids); err != nil {
		return nil, err
	}
	return ids, s.unneeded(ctx, ids)
}

// pickDeployed picks the selected stacks name by name: those that the estate has,
// and those that only have a state.
func (s *Session) pickDeployed(ctx context.Context, sel Selection) ([]gitops.StackID, error) {
	if len(sel.Stacks) == 0 || len(sel.Environments) == 0 {
		return s.pick(sel)
	}
	var out []gitops.StackID
	for _, name := range sel.Stacks {
		one := Selection{Environments: sel.Environments, Stacks: []string{name}}
		ids, err := s.pick(one)
		if gitops.KindOf(err) == gitops.NotFound {
			ids, err = s.orphans(ctx, one, err)
		}
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// orphans picks selected stacks that have a state and no definition.
func (s *Session) orphans(ctx context.Context, sel Selection, otherwise error) ([]gitops.StackID, error) {
	var out []gitops.StackID
	for _, name := range sel.Environments {
		all, err := s.Orphans(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, id := range all {
			if slices.Contains(sel.Stacks, id.Name) {
				out = append(out, id)
			}
		}
	}
	if len(out) == 0 {
		return nil, otherwise
	}
	return out, nil
}
