package driver

import (
	"context"
	"slices"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// longHistory is a store with a history, newest first.
type longHistory struct {
	gitops.StateStore
	updates []gitops.UpdateRecord
}

func (k longHistory) History(_ context.Context, _ gitops.StackRef, limit, offset int) ([]gitops.UpdateRecord, error) {
	return k.updates[min(offset, len(k.updates)):min(offset+limit, len(k.updates))], nil
}

func TestTheDeployedCommitOutlastsAnyWorkOnTheStateAlone(t *testing.T) {
	t.Parallel()
	rotation := gitops.UpdateRecord{Operation: "change-secrets-provider", Result: "succeeded"}
	failed := gitops.UpdateRecord{Operation: gitops.Update, Result: "failed", Environment: map[string]string{"git.head": "bad"}}
	update := gitops.UpdateRecord{Operation: gitops.Update, Result: "succeeded", Environment: map[string]string{"git.head": "good"}}
	for n, want := range map[int]string{0: "good", 20: "good", 75: "good"} {
		updates := append(slices.Repeat([]gitops.UpdateRecord{rotation}, n), failed, update)
		if got, err := deployedCommit(t.Context(), longHistory{updates: updates}, gitops.StackRef{}); got != want || err != nil {
			t.Errorf("after %d rotations: %q, %v", n, got, err)
		}
		if got, err := deployedCommit(t.Context(), longHistory{updates: updates[:n]}, gitops.StackRef{}); got != "" || err != nil {
			t.Errorf("%d rotations and no update: %q, %v", n, got, err)
		}
	}
}
