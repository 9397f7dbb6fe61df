package review_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestAReviewOfFailuresDoesNotSayThatThereAreNoChanges(t *testing.T) {
	t.Parallel()
	stack := func(name string, state gitops.RunState, err error) gitops.RunResult {
		id := gitops.StackID{Environment: "dev", Name: name}
		return gitops.RunResult{Stack: id, State: state, Err: err, Changes: gitops.ChangeSet{Stack: id}}
	}
	d := review.Document{Verb: review.Preview, Head: head, Total: 9, Stacks: []gitops.RunResult{
		stack("network", gitops.RunFailed, errors.New("no zones are left")),
		stack("app", gitops.RunSkipped, errors.New("waits for network, which failed")),
		stack("edge", gitops.RunSucceeded, nil),
	}}
	text := review.Markdown(d, review.MarkdownOptions{Forge: "github"})
	if want := "### trunkline: **1 failed**, **1 not previewed** in 9 stacks\n"; !strings.Contains(text, want) {
		t.Errorf("want %q in\n%s", want, text)
	}
}
