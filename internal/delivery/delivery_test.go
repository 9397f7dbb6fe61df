package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestReviewersSeeThatSomethingHappensBeforeAnythingIsBuilt(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var before []string
	s.job.Driver = func(string) (*driver.Driver, error) {
		before = slices.Clone(s.desk.events)
		return nil, errBroken
	}
	New(s.job).Run(t.Context())
	for _, want := range []string{"comment created", "status trunkline pending"} {
		if !slices.Contains(before, want) {
			t.Errorf("%q had not happened when the estate was opened: %q", want, before)
		}
	}
}

func TestNoFailureOfTheForgeDecidesHowADeliveryEnds(t *testing.T) {
	t.Parallel()
	for _, down := range []string{"me", "comments", "comment created", "comment edited", "status", "comment"} {
		s := newStory(t)
		s.desk.fails = down
		out := New(s.job).Run(t.Context())
		if !errors.Is(out.Err, errBroken) {
			t.Errorf("%s fails: the delivery ended with %v, want what the estate says", down, out.Err)
		}
		if !slices.ContainsFunc(s.notes, func(n string) bool { return strings.Contains(n, "the forge is down") }) {
			t.Errorf("%s fails: nobody is told: %q", down, s.notes)
		}
		if down != "status" && s.aggregate().State != gitops.StatusError {
			t.Errorf("%s fails: the status is %q", down, s.aggregate().State)
		}
	}
}

func TestStatusesEndHoweverTheRunDoes(t *testing.T) {
	t.Parallel()
	missing := strings.Repeat("1", 40)
	for name, change := range map[string]func(*story){
		"the estate is broken":            func(*story) {},
		"the base is no commit":           func(s *story) { s.job.Context.Base.SHA = missing },
		"the estate of a push is broken":  func(s *story) { s.pushed() },
		"the pull request cannot be read": func(s *story) { s.desk.fails = "pull request" },
		"one of several jobs":             func(s *story) { s.job.Selection.Environments = []string{"dev"} },
	} {
		s := newStory(t)
		change(s)
		if out := New(s.job).Run(t.Context()); out.Err == nil {
			t.Errorf("%s: it succeeded", name)
		}
		if len(s.desk.statuses) == 0 {
			t.Errorf("%s: nothing was said of the commit", name)
		}
		for what, st := range s.desk.statuses {
			if st.State == gitops.StatusPending {
				t.Errorf("%s: %s is still pending: %s", name, what, st.Description)
			}
		}
	}
}

func TestOneOfSeveralJobsLeavesCommentAndAggregateToAnother(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.job.Selection.Environments = []string{"dev"}
	New(s.job).Run(t.Context())
	if len(s.desk.comments) > 0 || s.aggregate().State != "" {
		t.Errorf("it wrote %+v and said %+v", s.desk.comments, s.aggregate())
	}
	if got := s.desk.statuses[s.job.Context.Head.SHA+" trunkline/dev"]; got.State != gitops.StatusError {
		t.Errorf("its own environment is %+v", got)
	}
}

func TestAnOlderRunChangesNothingThatANewerHasWritten(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	newer := review.Marker(markerID) + "gen=6.1 state=done -->\nwhat the newer run says\n<!-- trunkline:end -->\n"
	s.desk.comments = []gitops.Comment{{ID: "0", Author: "bot", Body: newer}}
	s.desk.statuses[s.job.Context.Head.SHA+" trunkline"] = gitops.Status{Context: "trunkline", State: gitops.StatusSuccess}
	out := New(s.job).Run(t.Context())
	if s.desk.comments[0].Body != newer || len(s.desk.comments) != 1 {
		t.Errorf("the comments are now %+v", s.desk.comments)
	}
	if got := s.aggregate().State; got != gitops.StatusSuccess {
		t.Errorf("the status of the newer run became %q: %q", got, s.desk.events)
	}
	if !errors.Is(out.Err, errBroken) {
		t.Errorf("it ended with %v", out.Err)
	}
}

func TestARunThatIsOvertakenEndsItsStatusUnlessTheNewerIsAboutTheSameCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sha  func(*story) string
		want gitops.StatusState
	}{
		"another commit": {func(*story) string { return "abcdef0" }, gitops.StatusError},
		"the same":       {func(s *story) string { return s.job.Context.Head.Short() }, gitops.StatusSuccess},
	} {
		s := newStory(t)
		aggregate := s.job.Context.Head.SHA + " trunkline"
		s.job.Driver = func(string) (*driver.Driver, error) { // meanwhile
			s.desk.comments[0].Body = review.Marker(markerID) + "gen=6.1 state=done sha=" + c.sha(s) + " -->\nnewer\n<!-- trunkline:end -->\n"
			if c.want == gitops.StatusSuccess {
				s.desk.statuses[aggregate] = gitops.Status{State: gitops.StatusSuccess}
			}
			return nil, errBroken
		}
		New(s.job).Run(t.Context())
		if got := s.aggregate().State; got != c.want {
			t.Errorf("%s: the status is left %q, want %q", name, got, c.want)
		}
		if !strings.Contains(s.desk.comments[0].Body, "\nnewer\n") {
			t.Errorf("%s: the newer comment was overwritten", name)
		}
	}
}

func TestACancelledRunSaysSo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.desk.called = func(event string) {
		if event == "status trunkline pending" {
			cancel()
		}
	}
	out := New(s.job).Run(ctx)
	if gitops.KindOf(out.Err) != gitops.Cancelled {
		t.Errorf("it ended with %v", out.Err)
	}
	if len(s.desk.comments) != 1 {
		t.Fatalf("%d comments", len(s.desk.comments))
	}
	if got := s.desk.comments[0].Body; !strings.Contains(got, "the delivery was stopped") || !strings.Contains(got, "state=done") {
		t.Errorf("the comment is left as\n%s", got)
	}
	if got := s.aggregate(); got.State != gitops.StatusError || !strings.Contains(got.Description, "stopped") {
		t.Errorf("the status is left as %+v", got)
	}
}

func TestWhatIsNotToBeDeliveredIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*story){
		"a closed pull request":    func(s *story) { s.job.Context.Closed = true },
		"a push to another branch": func(s *story) { s.pushed().job.Context.Head.Ref = "feature" },
	} {
		s := newStory(t)
		change(s)
		if out := New(s.job).Run(t.Context()); out.Err != nil || len(s.desk.events) > 0 || len(s.notes) != 1 {
			t.Errorf("%s: ended with %v, asked the forge for %q and noted %q", name, out.Err, s.desk.events, s.notes)
		}
	}
}

// published is the record that the jobs of a push have left, one environment each.
func published(t *testing.T, steps ...review.DeployedStep) (Outcome, *story) {
	t.Helper()
	s := newStory(t).pushed()
	s.desk.merged = []gitops.PullRequest{{Number: 7}}
	doc := review.Document{Verb: review.Up, Head: s.job.Context.Head, Deployment: steps}
	return New(s.job).Publish(t.Context(), doc, nil), s
}

func TestAFailureDecidesBeforeSomebodyWhoIsWaitedFor(t *testing.T) {
	t.Parallel()
	done := review.DeployedStep{Environment: "dev", State: gitops.RunSucceeded}
	waits := review.DeployedStep{Environment: "production", State: gitops.RunQueued, Waiting: "approval: 2 resources change", Next: "trunkline up --approve x"}
	failed := review.DeployedStep{Environment: "staging", State: gitops.RunFailed, Detail: "no room"}
	for _, c := range []struct {
		steps []review.DeployedStep
		want  gitops.Kind
		state gitops.StatusState
	}{
		{[]review.DeployedStep{done}, 0, gitops.StatusSuccess},
		{[]review.DeployedStep{done, waits}, gitops.NeedsReview, gitops.StatusPending},
		{[]review.DeployedStep{done, waits, failed}, gitops.Deployment, gitops.StatusFailure},
	} {
		out, s := published(t, c.steps...)
		if got := gitops.KindOf(out.Err); got != c.want {
			t.Errorf("%d steps: ended with %v, want kind %d", len(c.steps), out.Err, c.want)
		}
		if got := s.aggregate().State; got != c.state {
			t.Errorf("%d steps: the commit is %q, want %q", len(c.steps), got, c.state)
		}
		if part, ok := comment.Parse(s.desk.comments[0].Body, review.Marker(markerID)); !ok || !part.Generation.Deployment {
			t.Errorf("%d steps: the comment is no record:\n%s", len(c.steps), s.desk.comments[0].Body)
		}
	}
}

func TestAnEnvironmentThatIsGoneAndDeployedIsInTheExitCode(t *testing.T) {
	t.Parallel()
	left := review.LeftBehind{Environment: "staging", Stacks: []gitops.StackID{{Name: "app", Environment: "staging"}}, Resources: 3, Next: "trunkline destroy -e staging"}
	unread := left
	unread.Unread = "its state cannot be read"
	for name, c := range map[string]struct {
		left review.LeftBehind
		want gitops.Kind
	}{"deployed": {left, gitops.Violated}, "nobody knows": {unread, 0}} {
		s := newStory(t).pushed()
		doc := review.Document{Verb: review.Up, Head: s.job.Context.Head, Left: []review.LeftBehind{c.left},
			Deployment: []review.DeployedStep{{Environment: "dev", State: gitops.RunSucceeded}}}
		if out := New(s.job).Publish(t.Context(), doc, nil); gitops.KindOf(out.Err) != c.want {
			t.Errorf("%s: ended with %v", name, out.Err)
		}
	}
}

func TestResultsOfAnotherCommitAreRefused(t *testing.T) {
	t.Parallel()
	s := newStory(t).pushed()
	doc := review.Document{Verb: review.Up, Head: gitops.Revision{SHA: strings.Repeat("2", 40)}}
	if out := New(s.job).Publish(t.Context(), doc, nil); gitops.KindOf(out.Err) != gitops.Invalid || len(s.desk.statuses) > 0 {
		t.Errorf("ended with %v and said %v", out.Err, s.desk.statuses)
	}
}

func TestNoEnvironmentWaitsForOneThatFailed(t *testing.T) {
	t.Parallel()
	failed := review.DeployedStep{Environment: "staging", State: gitops.RunFailed, Detail: "no"}
	waiting := review.DeployedStep{Environment: "staging", State: gitops.RunQueued, Waiting: "approval"}
	for _, c := range []struct {
		before review.DeployedStep
		want   comment.Outcome
	}{
		{failed, comment.Outcome{Environment: "production", State: gitops.StatusFailure, Text: "not reached: comes after staging"}},
		{waiting, comment.Outcome{Environment: "production", State: gitops.StatusPending, Text: "comes after staging"}},
	} {
		skipped := review.DeployedStep{Environment: "production", State: gitops.RunSkipped, Detail: "comes after staging"}
		got := deployed(review.Document{Deployment: []review.DeployedStep{c.before, skipped}})
		if len(got) != 2 || got[1] != c.want {
			t.Errorf("after %s: got %+v", c.before.State, got)
		}
	}
}
