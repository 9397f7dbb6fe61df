package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func upCommand(g *globals) *cobra.Command {
	var at string
	u := updating{}
	cmd := &cobra.Command{
		Use:     "up",
		Aliases: []string{"apply"},
		Short:   "Update stacks to the work tree or a commit",
		Long: `Preview, ask, and update the selected stacks, those that others need first. A
stack that fails skips only the stacks that need it.`,
		Example: `  trunkline up -e dev
  trunkline up -e dev --yes
  trunkline up -e production --at 4f2c9d1 --approve sha256:…`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return u.run(cmd.Context(), g, at)
		},
	}
	u.register(cmd, g)
	cmd.Flags().StringVar(&at, "at", "", "update to the estate of this commit, from a clean checkout")
	return cmd
}

func rollbackCommand(g *globals) *cobra.Command {
	var to string
	u := updating{verb: "rollback"}
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Update stacks back to a commit",
		Long: `Show what it takes to bring the stacks back to the estate of a commit, ask, and
do it. The commit is checked out into a directory of its own; the work tree and
its branch stay as they are. trunkline history lists the commits that ran.`,
		Example: `  trunkline rollback -e dev --to 4f2c9d1`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				err := gitops.Errorf(gitops.Invalid, "name the commit to go back to")
				err.Next = "add --to COMMIT; trunkline history lists them"
				return err
			}
			return u.run(cmd.Context(), g, to)
		},
	}
	u.register(cmd, g)
	cmd.Flags().StringVar(&to, "to", "", "the commit")
	return cmd
}

// updating is what up and rollback share.
type updating struct {
	verb string
	req  driver.UpRequest
	show showing
}

func (u *updating) register(cmd *cobra.Command, g *globals) {
	g.changing(cmd)
	f := cmd.Flags()
	f.StringVar(&u.req.Affected, "affected", "", "only the stacks that differ from this commit")
	f.Lookup("affected").NoOptDefVal = "HEAD"
	f.BoolVar(&u.req.Refresh, "refresh", false, "read the cloud first, so that drift is repaired")
	f.StringSliceVar(&u.req.Targets, "target", nil, "only this URN, may be repeated")
	f.StringVarP(&u.req.Message, "message", "m", "", "say why, for the history")
	f.StringVar(&u.req.Approved, "approve", "", "the digest of the preview that was approved")
	u.show.register(cmd)
}

func (u *updating) run(ctx context.Context, g *globals, at string) error {
	if err := g.check(formatJSON, formatJSONL, formatMarkdown); err != nil {
		return err
	}
	if err := g.needEnv(); err != nil {
		return err
	}
	u.req.Selection = g.selection()
	return g.session(ctx, driver.OpenOptions{At: at, Run: true, Select: &u.req.Selection}, func(ctx context.Context, s *driver.Session) error {
		if u.verb != "" && u.req.Message == "" {
			u.req.Message = "trunkline " + u.verb + " to " + s.Revision.Short()
		}
		u.req.Confirm = g.unlessYes(func(preview *driver.Report) (bool, error) {
			g.showPlan(s.Document("preview", preview), u.show)
			question := fmt.Sprintf("Update %s to %s?", strings.Join(g.envs, ", "), orWorkTree(s.Revision))
			return g.ask(ctx, question, g.details(s.Document("preview", preview)))
		})
		preview, result, err := s.Up(ctx, u.req)
		return g.finish("up", s, preview, result, err, u.show)
	})
}

// orWorkTree names the revision for a question.
func orWorkTree(r gitops.Revision) string {
	if r.SHA == "" {
		return "the work tree"
	}
	return r.Short()
}

// unlessYes is the question, or nil when --yes has answered it beforehand.
func (g *globals) unlessYes(ask func(*driver.Report) (bool, error)) func(*driver.Report) (bool, error) {
	if g.yes {
		return nil
	}
	return ask
}

// showPlan shows what is about to be asked.
func (g *globals) showPlan(doc review.Document, how showing) {
	if g.output != formatText {
		return
	}
	g.shows.Clear()
	_ = g.show(doc, how)
}

// details shows a plan again, with every property.
func (g *globals) details(doc review.Document) func() []review.Line {
	return func() []review.Line {
		opts := g.errScreen().TextOptions()
		opts.Diff = true
		return review.Text(doc, opts)
	}
}

// finish shows how an operation ended: its result, or the preview that it did
// not get beyond.
func (g *globals) finish(verb review.Verb, s *driver.Session, preview, result *driver.Report, err error, how showing) error {
	switch {
	case result != nil:
		return g.conclude(s.Document(verb, result), how, err)
	case preview == nil:
		return err
	case err != nil && preview.Err() != nil:
		return g.conclude(s.Document("preview", preview), how, err)
	case err != nil:
		if kind := gitops.KindOf(err); kind == gitops.NeedsReview || kind == gitops.Stale {
			_ = g.show(s.Document("preview", preview), how) // the error counts, also when nobody reads
		}
		return err
	case preview.Changed() == 0:
		return g.show(s.Document(verb, preview), how)
	}
	fmt.Fprintln(g.deps.Stderr, "nothing was changed")
	return nil
}
