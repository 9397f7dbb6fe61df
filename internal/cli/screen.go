package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// screen is where data goes, errScreen where progress and questions go.
func (g *globals) screen() *views.Screen {
	if g.out == nil {
		g.out = views.NewScreen(g.deps.Stdout, views.Options{Color: views.Color(g.color), Getenv: g.deps.Getenv})
	}
	return g.out
}

func (g *globals) errScreen() *views.Screen {
	if g.err == nil {
		g.err = views.NewScreen(g.deps.Stderr, views.Options{Color: views.Color(g.color), Getenv: g.deps.Getenv})
	}
	return g.err
}

// live starts to show progress, and says so when the person asks to stop. done
// ends the show.
func (g *globals) live(ctx context.Context) (live *views.Live, done func()) {
	live = views.NewLive(g.errScreen(), views.LiveOptions{Now: g.deps.Now, Beside: g.screen()})
	g.shows = live
	quiet := context.AfterFunc(ctx, func() {
		_ = live.Print(review.Line{{Text: "stopping: calls in flight finish and the state is saved; once more stops at once", Style: review.Warning}})
	})
	return live, func() {
		quiet()
		live.Stop()
	}
}

// table writes aligned columns to stdout.
func (g *globals) table(head []string, rows [][]string) error {
	t := views.Table{Empty: "nothing"}
	for _, h := range head {
		t.Columns = append(t.Columns, views.Column{Title: h})
	}
	for _, r := range rows {
		t.Add(r...)
	}
	return g.screen().Table(t)
}

// isTerminal tells whether a person types there.
func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// readPassword reads a line from the terminal without showing it.
func (g *globals) readPassword(prompt string) (string, error) {
	f, ok := g.deps.Stdin.(*os.File)
	if g.nonInteractive || !ok {
		return "", gitops.Errorf(gitops.Invalid, "give the secret on standard input")
	}
	fmt.Fprint(g.deps.Stderr, prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(g.deps.Stderr)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if len(b) == 0 {
		return "", gitops.Errorf(gitops.Invalid, "the secret is empty")
	}
	return string(b), nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
