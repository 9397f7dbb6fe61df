package delivery

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

var three = []string{"dev", "staging", "production"}

func TestAnEnvironmentThatNoJobWasForHasFailed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doc      review.Document
		expected []string
		want     []string
	}{
		"one of three is missing":         {review.Document{Environments: three, Only: []string{"dev", "production"}}, nil, []string{"staging"}},
		"all are there":                   {review.Document{Environments: three, Only: three}, nil, nil},
		"a job was for all":               {review.Document{Environments: three}, nil, nil},
		"fewer are expected":              {review.Document{Environments: three, Only: []string{"dev"}}, []string{"dev"}, nil},
		"no job left anything":            {review.Document{Failure: gitops.Errorf(gitops.Failed, "no result")}, []string{"dev", "staging"}, []string{"dev", "staging"}},
		"nobody knows which there are":    {review.Document{Failure: gitops.Errorf(gitops.Failed, "no result")}, nil, nil},
		"nothing is affected in one more": {review.Document{Environments: three, Only: []string{"dev", "staging"}, Unaffected: []gitops.StackID{{Environment: "dev", Name: "app"}}}, nil, []string{"production"}},
	} {
		c.doc.Verb = review.Preview
		var got []string
		for _, r := range complete(c.doc, c.expected).Stacks {
			if r.State != gitops.RunFailed || r.Err == nil {
				t.Errorf("%s: %+v", name, r)
			}
			got = append(got, r.Stack.Environment)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestAnEnvironmentAfterOneThatDidNotSucceedWasNotReached(t *testing.T) {
	t.Parallel()
	for state, want := range map[gitops.RunState]gitops.RunState{
		gitops.RunSucceeded: gitops.RunFailed, gitops.RunFailed: gitops.RunSkipped, gitops.RunQueued: gitops.RunSkipped,
	} {
		doc := review.Document{Verb: review.Up, Environments: three, Only: []string{"dev", "staging"}, Deployment: []review.DeployedStep{
			{Environment: "dev", State: gitops.RunSucceeded}, {Environment: "staging", State: state},
		}}
		got := complete(doc, nil)
		if last := got.Deployment[2]; last.Environment != "production" || last.State != want || last.Detail == "" {
			t.Errorf("after staging %s: %+v", state, last)
		}
		if len(doc.Deployment) != 2 || len(got.Notes) != 1 {
			t.Errorf("after staging %s: %+v, %q", state, doc.Deployment, got.Notes)
		}
	}
}
