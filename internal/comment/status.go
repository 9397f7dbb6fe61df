package comment

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Aggregate is the context of the one status that a branch protection rule asks
// for. Those of environments have its name, a slash and theirs.
const Aggregate = "trunkline"

// Outcome is how far an environment has come.
type Outcome struct {
	Environment string
	State       gitops.StatusState
	// Text says it in a few words: "3 stacks: +4 ~8 ±1".
	Text string
}

// severity orders states: the aggregate is the worst of them.
var severity = []gitops.StatusState{gitops.StatusSuccess, gitops.StatusPending, gitops.StatusFailure, gitops.StatusError}

// Statuses are the statuses of a commit: one for each environment, in their
// order, and the aggregate last, so that it is never green before all others
// are said. It is green when nothing is affected. A failure is told before
// everything has ended. The url is where the result is.
func Statuses(outcomes []Outcome, url string) []gitops.Status {
	all := gitops.Status{Context: Aggregate, State: gitops.StatusSuccess, Description: "nothing is affected", URL: url}
	var out []gitops.Status
	var words []string
	for _, o := range outcomes {
		if !slices.Contains(severity, o.State) {
			o.State = gitops.StatusError
		}
		out = append(out, gitops.Status{Context: Aggregate + "/" + o.Environment, State: o.State, Description: o.Text, URL: url})
		if slices.Index(severity, o.State) > slices.Index(severity, all.State) {
			all.State = o.State
		}
	}
	for _, o := range outcomes {
		if o.State == all.State || !slices.Contains(severity, o.State) {
			words = append(words, o.Environment+": "+o.Text)
		}
	}
	if len(words) > 0 {
		all.Description = strings.Join(words, "; ")
	}
	return append(out, all)
}

// Report sets the statuses of a commit, and the check run where the forge has
// such a thing and check is not nil. It goes on after a failure and returns all
// of them. A check run that is denied is only a note: the statuses say the same,
// without remarks on lines.
func Report(ctx context.Context, f gitops.Forge, sha string, statuses []gitops.Status, check *gitops.CheckRun) (note string, err error) {
	var errs []error
	for _, s := range statuses {
		errs = append(errs, f.SetStatus(ctx, sha, s))
	}
	if check != nil && f.Limits().CheckRuns {
		switch err := f.SetCheckRun(ctx, sha, *check); gitops.KindOf(err) {
		case gitops.Denied, gitops.NotFound:
			note = "no remarks on lines: " + err.Error()
		default:
			errs = append(errs, err)
		}
	}
	return note, errors.Join(errs...)
}
