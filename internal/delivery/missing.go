package delivery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// noResult is what is said of an environment whose job did not come to its end.
const noResult = "its job left no result"

// known refuses environments that the estate does not have. Nobody knows which
// those are when no job got as far as reading them.
func known(expected, all []string) error {
	for _, name := range expected {
		if len(all) > 0 && !slices.Contains(all, name) {
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("a result of %.60q is expected, which is no environment", name),
				Next: "name some of " + strings.Join(all, ", ")}
		}
	}
	return nil
}

// complete says in a document of several jobs what none of them was for: such an
// environment has failed. After a push it was not reached when one that comes
// before it did not succeed either.
func complete(doc review.Document, expected []string) review.Document {
	for _, env := range missing(doc, expected) {
		if doc.Verb == review.Up {
			doc.Deployment = append(slices.Clone(doc.Deployment), unreported(doc, env))
			doc.Notes = append(slices.Clone(doc.Notes), env+": "+noResult)
			continue
		}
		doc.Stacks = append(slices.Clone(doc.Stacks), gitops.RunResult{
			Stack: gitops.StackID{Environment: env, Name: "all stacks"}, Operation: gitops.Preview, State: gitops.RunFailed,
			Err: &gitops.Error{Kind: gitops.Failed, What: noResult, Next: "look at the log of that job, and run it again"},
		})
	}
	return doc
}

// missing are the environments that no job was for.
func missing(doc review.Document, expected []string) []string {
	if doc.Only == nil && doc.Failure == nil {
		return nil // one was for all
	}
	if len(expected) == 0 {
		expected = doc.Environments
	}
	return slices.DeleteFunc(slices.Clone(expected), func(env string) bool { return slices.Contains(doc.Only, env) })
}

// unreported is the step of an environment whose job left nothing.
func unreported(doc review.Document, env string) review.DeployedStep {
	for _, st := range doc.Deployment {
		before := slices.Index(doc.Environments, st.Environment) < slices.Index(doc.Environments, env)
		if before && st.State != gitops.RunSucceeded {
			return review.DeployedStep{Environment: env, State: gitops.RunSkipped, Detail: noResult + ", and " + st.Environment + " did not succeed"}
		}
	}
	return review.DeployedStep{Environment: env, State: gitops.RunFailed, Detail: noResult, Next: "trunkline up -e " + env + " --at " + doc.Head.SHA}
}
