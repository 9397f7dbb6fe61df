package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Verb is the command that a document is about. It names the JSON schema.
type Verb string

// The verbs that have a document.
const (
	Preview Verb = "preview"
	Up      Verb = "up"
	Refresh Verb = "refresh"
	Destroy Verb = "destroy"
	Drift   Verb = "drift"
	Import  Verb = "import"
)

// Document is the outcome of one command over some stacks.
type Document struct {
	Verb Verb
	// DryRun tells that nothing was changed: the preview of the verb. Preview and
	// Drift never change anything.
	DryRun bool
	// Head is the revision whose estate ran; Base what it is compared with. A
	// zero Base means that there is none.
	Head, Base gitops.Revision
	// Digest identifies all changes of a preview together: it is what an approval
	// names. "" when there is nothing to approve.
	Digest string
	// Environments is their order of promotion. Stacks are shown in it.
	Environments []string
	// Only are the environments that the job was for when it was not for all: one of
	// several jobs that share the work.
	Only []string
	// Stacks are the runs, in the order in which they were planned.
	Stacks []gitops.RunResult
	// Total is how many stacks the estate has; 0 when that does not matter.
	Total int
	// Took is how long the whole command took, Timings its phases in order.
	Took    time.Duration
	Timings []Timing
	// Notes are sentences that concern all stacks, such as "sandbox: nothing
	// real is touched".
	Notes []string

	// What follows is shown when it is there.

	// Stage is where the review is in its life; Newer is the head that came after
	// this one, when there is one.
	Stage Stage
	Newer gitops.Revision
	// Failure says why nothing was run at all.
	Failure error
	// PullRequest is what the review is of.
	PullRequest gitops.PullRequest
	// Unaffected are the stacks that the pull request does not touch.
	Unaffected []gitops.StackID
	// Same are touched and register the same resources: they were not previewed.
	Same []SameStack
	// Removed are stacks that are no longer in the estate. Their runs say what
	// destroying them would delete.
	Removed []gitops.StackID
	// Left are environments that are no longer in the estate, and stay deployed.
	Left []LeftBehind
	// ProgramDiff tells that the changes are those between two programs: no cloud
	// and no state was asked.
	ProgramDiff bool
	// Violations are the findings of policies.
	Violations []gitops.Violation
	// Outputs are the outputs of stacks that change.
	Outputs []OutputChange
	// Merge is what happens after the merge, in order.
	Merge []MergeStep
	// Ships are the commits that go out with this one.
	Ships []Shipment
	// Deployment is how far the environments have come after the merge, in
	// order of promotion. With it, the document is the record of a deployment.
	Deployment []DeployedStep
	// Toolchain names what the document was made with, Program the digest of the
	// estate program, Reproduce the command that makes the same preview.
	Toolchain []Tool
	Program   string
	Reproduce string
}

// Timing is how long one phase took.
type Timing struct {
	Name string
	Took time.Duration
}

// planned tells whether the document speaks of what would happen.
func (d Document) planned() bool { return d.DryRun || d.Verb == Preview || d.Verb == Drift }

// sorted returns the runs by environment in order of promotion; unknown
// environments come last.
func (d Document) sorted() []gitops.RunResult {
	out := slices.Clone(d.Stacks)
	slices.SortStableFunc(out, func(a, b gitops.RunResult) int {
		return cmp.Compare(d.rank(a.Stack.Environment), d.rank(b.Stack.Environment))
	})
	return out
}

// rank is the place of an environment in the order of promotion.
func (d Document) rank(env string) int {
	if i := slices.Index(d.Environments, env); i >= 0 {
		return i
	}
	return len(d.Environments)
}

// Summary adds up the changes of all stacks.
func (d Document) Summary() gitops.Summary {
	var s gitops.Summary
	for _, r := range d.Stacks {
		s = s.Add(r.Changes.Summary())
	}
	return s
}

// count returns how many runs are in the state.
func (d Document) count(state gitops.RunState) int {
	n := 0
	for _, r := range d.Stacks {
		if r.State == state {
			n++
		}
	}
	return n
}
