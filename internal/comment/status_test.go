package comment_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestNothingAffectedIsGreen(t *testing.T) {
	t.Parallel()
	want := []gitops.Status{{Context: "trunkline", State: gitops.StatusSuccess, Description: "nothing is affected", URL: "u"}}
	if diff := cmp.Diff(want, comment.Statuses(nil, "u")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAggregateSaysTheWorst(t *testing.T) {
	t.Parallel()
	got := comment.Statuses([]comment.Outcome{
		{Environment: "dev", State: gitops.StatusSuccess, Text: "no changes"},
		{Environment: "staging", State: gitops.StatusPending, Text: "previewing"},
		{Environment: "production", State: gitops.StatusFailure, Text: "1 of 3 stacks failed"},
	}, "")
	want := gitops.Status{Context: "trunkline", State: gitops.StatusFailure, Description: "production: 1 of 3 stacks failed"}
	if diff := cmp.Diff(want, got[len(got)-1]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAggregateIsGreenOnlyWhenAllAre(t *testing.T) {
	t.Parallel()
	states := []gitops.StatusState{gitops.StatusSuccess, gitops.StatusPending, gitops.StatusFailure, gitops.StatusError, "", "other"}
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOf(rapid.SampledFrom(states)).Draw(t, "states")
		var outcomes []comment.Outcome
		green := true
		for _, s := range drawn {
			outcomes = append(outcomes, comment.Outcome{Environment: "e", State: s})
			green = green && s == gitops.StatusSuccess
		}
		all := comment.Statuses(outcomes, "")
		last := all[len(all)-1]
		if len(all) != len(outcomes)+1 || last.Context != comment.Aggregate || (last.State == gitops.StatusSuccess) != green {
			t.Fatalf("%v became %+v", drawn, all)
		}
	})
}

// voice is a forge that only takes statuses.
type voice struct {
	gitops.Forge
	said   []string
	fail   error // of statuses
	denied error // of check runs
}

func (v *voice) Limits() gitops.ForgeLimits { return gitops.ForgeLimits{CheckRuns: true} }

func (v *voice) SetStatus(_ context.Context, _ string, s gitops.Status) error {
	v.said = append(v.said, s.Context)
	return v.fail
}

func (v *voice) SetCheckRun(context.Context, string, gitops.CheckRun) error {
	v.said = append(v.said, "check")
	return v.denied
}

func TestReportGoesOnAfterAFailureAndNotesADeniedCheckRun(t *testing.T) {
	t.Parallel()
	v := &voice{denied: gitops.Errorf(gitops.Denied, "needs checks: write")}
	statuses := comment.Statuses([]comment.Outcome{{Environment: "dev", State: gitops.StatusSuccess}}, "")
	note, err := comment.Report(t.Context(), v, "sha", statuses, &gitops.CheckRun{})
	if err != nil || note == "" {
		t.Errorf("got %q, %v", note, err)
	}
	v.fail = errors.New("no")
	if _, err = comment.Report(t.Context(), v, "sha", statuses, nil); err == nil {
		t.Error("no error")
	}
	if want := []string{"trunkline/dev", "trunkline", "check", "trunkline/dev", "trunkline"}; !slices.Equal(v.said, want) {
		t.Errorf("said %v", v.said)
	}
}
