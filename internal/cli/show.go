package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// showing says how a document is shown.
type showing struct {
	diff    bool
	sames   bool
	timings bool
}

func (s *showing) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&s.diff, "diff", false, "also list the properties of what is created or deleted")
	f.BoolVar(&s.sames, "show-sames", false, "also list what does not change")
	f.BoolVar(&s.timings, "timings", false, "also print how long each phase took")
}

// conclude shows the document of an operation that ended with err. The error
// decides the exit code whether or not somebody still reads stdout; what the
// document has told is not told again.
func (g *globals) conclude(doc review.Document, how showing, err error) error {
	showErr := g.show(doc, how)
	switch {
	case err == nil:
		return showErr
	case showErr != nil, gitops.KindOf(err) == gitops.Violated: // which says what to do about it
		return err
	}
	return shown(err)
}

// show writes the document to stdout in the chosen form.
func (g *globals) show(doc review.Document, how showing) error {
	begin := g.deps.Now()
	switch g.output {
	case formatJSON:
		return g.json(review.JSON(doc))
	case formatJSONL:
		return views.JSONLines(g.screen(), doc)
	case formatMarkdown:
		_, err := fmt.Fprint(g.screen(), review.Markdown(doc, review.MarkdownOptions{}))
		return err
	}
	opts := g.screen().TextOptions()
	opts.Diff, opts.ShowSame = how.diff, how.sames || g.verbose
	err := g.lines(review.Text(doc, opts))
	if how.timings && err == nil {
		for _, t := range doc.Timings {
			fmt.Fprintf(g.deps.Stderr, "%-9s %6d ms\n", t.Name, t.Took.Milliseconds())
		}
		fmt.Fprintf(g.deps.Stderr, "%-9s %6d ms\n", "render", g.deps.Now().Sub(begin).Milliseconds())
	}
	return err
}
