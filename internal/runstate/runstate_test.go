package runstate_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/runstate"
)

var states = []gitops.RunState{
	gitops.RunQueued, gitops.RunRunning, gitops.RunSucceeded,
	gitops.RunFailed, gitops.RunCancelled, gitops.RunSkipped,
}

func TestTheWholeTableIsAsDrawn(t *testing.T) {
	t.Parallel()
	drawn := map[[2]gitops.RunState]bool{
		{gitops.RunQueued, gitops.RunRunning}:    true,
		{gitops.RunQueued, gitops.RunSkipped}:    true,
		{gitops.RunQueued, gitops.RunCancelled}:  true,
		{gitops.RunRunning, gitops.RunSucceeded}: true,
		{gitops.RunRunning, gitops.RunFailed}:    true,
		{gitops.RunRunning, gitops.RunCancelled}: true,
	}
	for _, from := range states {
		for _, to := range states {
			if got, want := runstate.Allowed(from, to), drawn[[2]gitops.RunState{from, to}]; got != want {
				t.Errorf("Allowed(%s, %s) = %v, want %v", from, to, got, want)
			}
		}
	}
}

func TestEveryWalkEndsInAFinalStateAfterTwoSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, steps := gitops.RunQueued, 0
		for !runstate.Final(s) {
			next := rapid.SampledFrom(runstate.Next(s)).Draw(t, "next")
			moved, err := runstate.Move(s, next)
			if err != nil {
				t.Fatal(err)
			}
			s = moved
			if steps++; steps > 2 {
				t.Fatalf("still %s after %d steps", s, steps)
			}
		}
	})
}

func TestAFinishedRunCannotMove(t *testing.T) {
	t.Parallel()
	got, err := runstate.Move(gitops.RunSucceeded, gitops.RunRunning)
	if got != gitops.RunSucceeded || gitops.KindOf(err) != gitops.Bug {
		t.Errorf("Move = %s, %v; want the state unchanged and an error of kind Bug", got, err)
	}
}

func TestAnUnknownStateIsNeitherKnownNorFinal(t *testing.T) {
	t.Parallel()
	if runstate.Known("paused") || runstate.Final("paused") {
		t.Error(`"paused" is not a state of a run`)
	}
}
