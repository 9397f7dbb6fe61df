package review

import (
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Stage is where the review of a pull request is in its life.
type Stage string

// The stages. A document that was not made for a pull request is complete.
const (
	Complete Stage = ""
	// Pending: nobody knows yet which stacks it is about.
	Pending Stage = "pending"
	// Running: some runs are still queued or running.
	Running Stage = "running"
	// Outdated: there is a newer head, and its preview is on its way.
	Outdated Stage = "outdated"
	// Superseded: there is a newer head, and this document says nothing about it.
	Superseded Stage = "superseded"
)

// SameStack is a stack whose code or settings were touched and that registers
// the same resources all the same, so that it was not previewed.
type SameStack struct {
	Stack   gitops.StackID
	Reasons []gitops.Reason
}

// MergeStep is what happens in one environment after the merge. Steps come in
// their order.
type MergeStep struct {
	Environment string `json:"environment"`
	// Stacks are in the order in which they run.
	Stacks []gitops.StackID `json:"stacks"`
	// Also are stacks that are updated besides, because they are at no commit: never
	// deployed, or not to the end.
	Also []gitops.StackID `json:"also,omitempty"`
	// Approval says why somebody must agree, such as "something is deleted"; ""
	// when nobody must.
	Approval string `json:"approval,omitempty"`
	// From are the people or teams who may agree, Count is how many must; nobody
	// in From means everybody with access.
	From  []string `json:"from,omitempty"`
	Count int      `json:"count,omitempty"`
}

// Shipment are the commits on the trunk branch that an environment does not
// have yet: they go out with this one.
type Shipment struct {
	Environment string `json:"environment"`
	// Deployed is the commit that the environment has.
	Deployed gitops.Revision `json:"deployed"`
	// Commits come newest first; More is how many there are besides them.
	Commits []gitops.Revision `json:"commits"`
	More    int               `json:"more,omitempty"`
}

// Tool is a program that took part, with its version: go, pulumi, a provider
// plugin.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// OutputChange is an output of a stack that changes.
type OutputChange struct {
	Stack gitops.StackID
	Name  string
	// Old and New are plain JSON values; nil on the side where there is none.
	Old, New any
	// ReadBy are the stacks that read it.
	ReadBy []gitops.StackID
}

// DeployedStep is how far one environment has come after the merge.
type DeployedStep struct {
	Environment string `json:"environment"`
	// State is queued, running, succeeded, failed, cancelled or skipped.
	State gitops.RunState `json:"state"`
	// Waiting says what a queued step waits for, such as "approval by dba (0 of
	// 1)"; "" for nothing but its turn.
	Waiting string `json:"waiting,omitempty"`
	// Revision is the commit that was deployed, By who merged or approved it.
	Revision gitops.Revision `json:"revision,omitzero"`
	By       string          `json:"by,omitempty"`
	// At is when the step ended, or began when it has not ended.
	At      time.Time      `json:"at,omitzero"`
	Summary gitops.Summary `json:"summary"`
	// Failed are the stacks that did not succeed; Detail says why.
	Failed []gitops.StackID `json:"failed,omitempty"`
	Detail string           `json:"detail,omitempty"`
	// Next is what continues, such as "trunkline up -e production". When it is not a
	// command for everywhere, Where says where it is typed, and WhereURL is that place.
	Next     string `json:"next,omitempty"`
	Where    string `json:"where,omitempty"`
	WhereURL string `json:"whereUrl,omitempty"`
	// URL is the address of the run.
	URL string `json:"url,omitempty"`
}
