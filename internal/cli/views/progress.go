package views

import (
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Progress is one thing that happened while an operation runs. Exactly one of
// Phase, Run and Resource is set.
type Progress struct {
	// Phase is a step before any stack runs: "building stacks".
	Phase string
	// Took is how long the phase took; 0 when it begins.
	Took time.Duration
	// Run is set when a run changes state.
	Run *RunProgress
	// Resource is set when an operation on one resource begins or ends.
	Resource *ResourceProgress
}

// RunProgress tells that a run entered a state.
type RunProgress struct {
	Stack     gitops.StackID
	Operation gitops.Operation
	// DryRun tells that nothing is changed: the preview of the operation.
	DryRun bool
	State  gitops.RunState
	// Detail is why, for a run that was skipped or failed.
	Detail string
	// Summary is what the run did; when it starts, what it is expected to do.
	Summary gitops.Summary
	Took    time.Duration
}

// ResourceProgress tells where one resource of a run is.
type ResourceProgress struct {
	Stack gitops.StackID
	URN   string
	Type  string
	Name  string
	Op    gitops.Op
	// State is RunRunning, RunSucceeded or RunFailed.
	State gitops.RunState
	Took  time.Duration
}

// dry tells whether the run only looks.
func (r RunProgress) dry() bool { return r.DryRun || r.Operation == gitops.Preview }

// doing says what a run does, as a participle.
func (r RunProgress) doing() string {
	switch {
	case r.Operation == gitops.Refresh && r.dry():
		return "reading"
	case r.dry():
		return "previewing"
	}
	return map[gitops.Operation]string{
		gitops.Update: "updating", gitops.Refresh: "refreshing", gitops.Destroy: "destroying",
	}[r.Operation]
}

// opWords are a resource operation while it runs and when it is done.
func opWords(op gitops.Op) (doing, done string) {
	switch op {
	case gitops.OpCreate:
		return "creating", "created"
	case gitops.OpUpdate:
		return "updating", "updated"
	case gitops.OpReplace:
		return "replacing", "replaced"
	case gitops.OpDelete:
		return "deleting", "deleted"
	case gitops.OpRead:
		return "reading", "read"
	case gitops.OpImport:
		return "importing", "imported"
	case gitops.OpRefresh:
		return "refreshing", "refreshed"
	case gitops.OpForget:
		return "forgetting", "forgotten"
	}
	return "checking", "unchanged"
}
