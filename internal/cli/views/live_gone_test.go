package views_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestAPanicGivesTheCursorBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tm := newTerminal(t, 80, 24)
		func() {
			defer func() { _ = recover() }()
			live := views.NewLive(views.NewScreen(tm, views.Options{Size: tm.size}), views.LiveOptions{})
			defer live.Stop()
			live.Report(running("network", gitops.Update))
			time.Sleep(time.Second)
			panic("a component")
		}()
		if tm.hidden {
			t.Error("the cursor stays hidden")
		}
	})
}

// gone is a pipe whose reader went away.
type gone struct{ writes int }

var errGone = errors.New("broken pipe")

func (g *gone) Write([]byte) (int, error) { g.writes++; return 0, errGone }

func TestAClosedOutputEndsQuietlyAndIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	g := &gone{}
	screen := views.NewScreen(g, views.Options{})
	live := views.NewLive(screen, views.LiveOptions{})
	for _, p := range updateOfThree {
		live.Report(p)
	}
	live.Stop()
	live.Stop()
	if err := screen.Print(review.Line{{Text: "x"}}); !errors.Is(err, errGone) {
		t.Errorf("got %v, want the error of the first write", err)
	}
	if g.writes != 1 {
		t.Errorf("%d writes to a closed output", g.writes)
	}
}
