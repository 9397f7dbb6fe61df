package gitops

import "time"

// Operation is what a run does.
type Operation string

// The operations of a run, in Pulumi's words.
const (
	Preview Operation = "preview"
	Update  Operation = "update"
	Refresh Operation = "refresh"
	Destroy Operation = "destroy"
	Import  Operation = "import"
)

// Reason says why a stack is part of a rollout or a review.
type Reason struct {
	// Kind is package, module, config, toolchain, upstream, added, removed, asked,
	// or unknown: what the stack was before cannot be told, so it is included.
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	// Subject is what the detail is about: the path of a package, module or
	// setting, the name of an upstream stack. It is not part of any document.
	Subject string `json:"-"`
	// Chain leads from the stack to what changed, one thing a step. It is there
	// when somebody has asked for it.
	Chain []string `json:"chain,omitempty"`
}

// Affected is a stack that a revision touches, with the reasons a person would
// give.
type Affected struct {
	StackID
	Reasons []Reason `json:"reasons"`
}

// Diagnostic is one message of the engine, a provider or the program.
type Diagnostic struct {
	// Severity is debug, info, info#err, warning or error.
	Severity string `json:"severity"`
	Message  string `json:"message"`
	URN      string `json:"urn,omitempty"`
}

// RunState is where a run is in its life. docs/architecture.md draws it.
type RunState string

// The states of a run.
const (
	RunQueued    RunState = "queued"
	RunRunning   RunState = "running"
	RunSucceeded RunState = "succeeded"
	RunFailed    RunState = "failed"
	RunCancelled RunState = "cancelled"
	// RunSkipped: a stack that this one needs did not succeed.
	RunSkipped RunState = "skipped"
)

// RunResult is the outcome of one run.
type RunResult struct {
	Stack     StackID   `json:"-"`
	Operation Operation `json:"operation"`
	State     RunState  `json:"state"`
	Changes   ChangeSet `json:"-"`
	// Digest is that of the changes as the engine told them, where the changes
	// here were read from a document that masks more; "" means Changes.Digest().
	Digest string `json:"-"`
	// Resources are all resources of the stack, after a preview of it. They are for
	// policies and part of no digest.
	Resources []Resource `json:"-"`
	// StateVersion is the version of the state that the run started from.
	StateVersion int64          `json:"stateVersion"`
	Reasons      []Reason       `json:"reasons,omitempty"`
	Diagnostics  []Diagnostic   `json:"diagnostics,omitempty"`
	Outputs      map[string]any `json:"outputs,omitempty"`
	// Upstream names the stacks whose previewed, not yet deployed, outputs fed
	// this preview.
	Upstream []StackID     `json:"upstream,omitempty"`
	Took     time.Duration `json:"-"`
	Err      error         `json:"-"`
	// Skipped says why the run did not happen.
	Skipped string `json:"skipped,omitempty"`
}
