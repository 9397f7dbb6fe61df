// Package runstate says which states a run may pass through.
package runstate

import (
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Next returns the states that may follow s, none when s is final.
func Next(s gitops.RunState) []gitops.RunState {
	switch s {
	case gitops.RunQueued:
		return []gitops.RunState{gitops.RunRunning, gitops.RunSkipped, gitops.RunCancelled}
	case gitops.RunRunning:
		return []gitops.RunState{gitops.RunSucceeded, gitops.RunFailed, gitops.RunCancelled}
	}
	return nil
}

// Allowed tells whether a run may go from one state to the other.
func Allowed(from, to gitops.RunState) bool { return slices.Contains(Next(from), to) }

// Known tells whether s is one of the states of a run.
func Known(s gitops.RunState) bool {
	switch s {
	case gitops.RunQueued, gitops.RunRunning, gitops.RunSucceeded, gitops.RunFailed,
		gitops.RunCancelled, gitops.RunSkipped:
		return true
	}
	return false
}

// Final tells whether a run that is in s stays there.
func Final(s gitops.RunState) bool { return Known(s) && len(Next(s)) == 0 }

// Move returns the next state, or an error of kind Bug when a run must not go
// there: whoever asks has lost track of the run.
func Move(from, to gitops.RunState) (gitops.RunState, error) {
	if !Allowed(from, to) {
		return from, gitops.Errorf(gitops.Bug, "a run that is %s cannot become %s", from, to)
	}
	return to, nil
}
