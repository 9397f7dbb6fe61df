package rollout

import (
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Scheduler says what may run now, given what has ended. It is not safe for
// concurrent use.
type Scheduler struct {
	plan  *Plan
	state map[gitops.StackID]gitops.RunState
}

// Skip is a run that does not happen, and why.
type Skip struct {
	ID gitops.StackID
	// Reason reads like "needs dev/network, which failed".
	Reason string
}

// Scheduler returns a scheduler at the start of the plan: every run is queued.
func (p *Plan) Scheduler() *Scheduler {
	s := &Scheduler{plan: p, state: map[gitops.StackID]gitops.RunState{}}
	for _, id := range p.Stacks() {
		s.state[id] = gitops.RunQueued
	}
	return s
}

// Next returns the runs that may start now, in the plan's order, and marks them
// running. Each run is returned once at most.
func (s *Scheduler) Next() []gitops.StackID {
	var ready []gitops.StackID
	for _, id := range s.plan.Stacks() {
		if s.state[id] == gitops.RunQueued && s.mayStart(id) {
			ready = append(ready, id)
		}
	}
	for _, id := range ready {
		s.state[id] = gitops.RunRunning
	}
	return ready
}

func (s *Scheduler) mayStart(id gitops.StackID) bool {
	return !slices.ContainsFunc(s.plan.before[id], func(c cause) bool {
		return s.state[c.id] != gitops.RunSucceeded
	})
}

// Done records how a running run ended and returns the runs that are skipped
// because of it. A run that is not running, or a state that does not end a
// run, is an error of kind Bug.
func (s *Scheduler) Done(id gitops.StackID, end gitops.RunState) ([]Skip, error) {
	if s.state[id] != gitops.RunRunning || !ended(end) {
		return nil, gitops.Errorf(gitops.Bug, "the run of %s is %q and cannot end as %q", id, s.state[id], end)
	}
	s.state[id] = end
	return s.skip(), nil
}

// skip marks every queued run that waits for something that will not succeed.
// Causes come nearest the root first, so a reason names what failed rather
// than what was skipped in turn.
func (s *Scheduler) skip() []Skip {
	var skips []Skip
	for _, id := range s.plan.Stacks() {
		if s.state[id] != gitops.RunQueued {
			continue
		}
		for _, c := range s.plan.before[id] {
			if state := s.state[c.id]; ended(state) && state != gitops.RunSucceeded {
				s.state[id] = gitops.RunSkipped
				skips = append(skips, Skip{id, s.plan.reason(c, state)})
				break
			}
		}
	}
	return skips
}

// reason puts into words why a run cannot start after what became of c.
func (p *Plan) reason(c cause, state gitops.RunState) string {
	became := map[gitops.RunState]string{
		gitops.RunFailed: "failed", gitops.RunCancelled: "was cancelled", gitops.RunSkipped: "was skipped",
	}[state]
	switch {
	case c.promote && p.reverse:
		return "goes after " + c.id.Environment + ", where " + c.id.Name + " " + became
	case c.promote:
		return "comes after " + c.id.Environment + ", where " + c.id.Name + " " + became
	case p.reverse:
		return "is needed by " + c.id.String() + ", which " + became
	}
	return "needs " + c.id.String() + ", which " + became
}

func ended(s gitops.RunState) bool { return s != gitops.RunQueued && s != gitops.RunRunning }

// Cancel ends every run that has not started and returns them.
func (s *Scheduler) Cancel() []Skip {
	var skips []Skip
	for _, id := range s.plan.Stacks() {
		if s.state[id] == gitops.RunQueued {
			s.state[id] = gitops.RunCancelled
			skips = append(skips, Skip{id, "cancelled before it started"})
		}
	}
	return skips
}

// State returns where the run is; empty when the plan has no such run.
func (s *Scheduler) State(id gitops.StackID) gitops.RunState { return s.state[id] }

// Finished tells whether every run has ended.
func (s *Scheduler) Finished() bool {
	for _, state := range s.state {
		if !ended(state) {
			return false
		}
	}
	return true
}
