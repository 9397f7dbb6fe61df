package gitops

import "time"

// Progress is one thing that happened while a use case runs, for a person who
// watches. Exactly one of Phase, Note, Run and Resource is set.
type Progress struct {
	// Phase is a step before any stack runs: "building stacks".
	Phase string
	// Took is how long the phase took; 0 when it begins.
	Took time.Duration
	// Note is something that one has to know.
	Note string
	// Run is set when a run changes state.
	Run *RunProgress
	// Resource is set when an operation on one resource begins or ends.
	Resource *ResourceProgress
}

// RunProgress tells that a run entered a state.
type RunProgress struct {
	Stack     StackID
	Operation Operation
	// DryRun tells that nothing is changed: the preview of the operation.
	DryRun bool
	State  RunState
	// Detail is why, for a run that was skipped or failed; what it waits for, for
	// one that runs and waits for its stack.
	Detail string
	// Summary is what the run did.
	Summary Summary
	Took    time.Duration
}

// ResourceProgress tells where one resource of a run is.
type ResourceProgress struct {
	Stack StackID
	URN   string
	Type  string
	Name  string
	Op    Op
	// State is RunRunning, RunSucceeded or RunFailed.
	State RunState
	Took  time.Duration
}
