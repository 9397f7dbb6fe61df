package driver

import (
	"context"
	"fmt"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/approval"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// approved refuses what the environments' guards ask approval for and nobody
// approved. The guards are those of the work tree, never those of the commit
// that is to run.
func (s *Session) approved(preview *Report, digest string) error {
	sets := map[string][]gitops.ChangeSet{}
	for _, res := range preview.Results {
		sets[res.Stack.Environment] = append(sets[res.Stack.Environment], res.Changes)
	}
	for _, env := range s.Environments {
		if sets[env.Name] == nil {
			continue
		}
		guarding, err := s.guarding(env.Name)
		if err != nil {
			return err
		}
		needed, why := approval.Needed(guard(guarding), sets[env.Name])
		if !needed || digest == preview.Digest() {
			continue
		}
		if digest != "" {
			return &gitops.Error{Kind: gitops.Stale,
				What: fmt.Sprintf("%s: what was approved is %s, what would run is %s", env.Name, short(digest), short(preview.Digest())),
				Next: "look at the preview again, then: --approve " + preview.Digest()}
		}
		return &gitops.Error{Kind: gitops.NeedsReview, What: env.Name + ": " + why,
			Next: "have the preview reviewed, then add --approve " + preview.Digest()}
	}
	return nil
}

func short(digest string) string { return digest[:min(len(digest), len("sha256:")+12)] }

// asPreviewed does an action on a stack when its state is still the one that the
// preview was made on. Otherwise somebody was faster: the stack is previewed
// again, and the action goes on only when that is agreed to as well. asked tells
// that somebody looked at the preview and agreed.
func (s *Session) asPreviewed(ctx context.Context, id gitops.StackID, preview *Report, a action, asked bool) gitops.RunResult {
	agreed, look := preview.of(id), a
	look.dry = true
	if a.operation == gitops.Update {
		look.operation = gitops.Preview
	}
	for {
		a.expect = &agreed.StateVersion
		res := s.run(ctx, id, a)
		if gitops.KindOf(res.Err) != gitops.Stale {
			return res
		}
		again := s.run(ctx, id, look)
		if again.Err == nil {
			again.Err = s.stillAgreed(ctx, preview, agreed, again, asked)
		}
		if again.Err != nil {
			again.Operation, again.State = a.operation, gitops.RunFailed
			return again
		}
		agreed = again
	}
}

// of returns the result of a stack.
func (r *Report) of(id gitops.StackID) gitops.RunResult {
	i := slices.IndexFunc(r.Results, func(res gitops.RunResult) bool { return res.Stack == id })
	return r.Results[i]
}

// stillAgreed tells whether who agreed to one preview of a stack agrees to
// another: to the same changes always; to others only when nobody was asked
// about the first, no guard asks about the second and no policy forbids it.
func (s *Session) stillAgreed(ctx context.Context, preview *Report, first, second gitops.RunResult, asked bool) error {
	if first.Changes.Digest() == second.Changes.Digest() {
		return nil
	}
	if err := s.stillAllowed(ctx, preview, second); err != nil {
		return err
	}
	env, err := s.guarding(first.Stack.Environment)
	if err != nil {
		return err
	}
	needed, _ := approval.Needed(guard(env), []gitops.ChangeSet{second.Changes})
	if !needed && !asked {
		return nil
	}
	return &gitops.Error{Kind: gitops.Stale,
		What: fmt.Sprintf("the state of %s changed from version %d to %d after the preview, and now something else would happen",
			first.Stack, first.StateVersion, second.StateVersion),
		Next: "run the command again and look at the new preview"}
}
