package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func previewCommand(g *globals) *cobra.Command {
	var (
		at            string
		req           driver.PreviewRequest
		expectNothing bool
		show          showing
	)
	cmd := &cobra.Command{
		Use:     "preview",
		Aliases: []string{"plan"},
		Short:   "Show what an update would change",
		Long: `Show what an update would change, in every selected stack, without changing it.
A stack that reads another one's outputs is previewed with that one's previewed
outputs.`,
		Example: `  trunkline preview -e dev
  trunkline preview -e dev --affected=main -o markdown
  trunkline preview -e production --at 4f2c9d1`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON, formatJSONL, formatMarkdown); err != nil {
				return err
			}
			req.Selection = g.selection()
			return g.session(cmd.Context(), driver.OpenOptions{At: at, Run: true, Select: &req.Selection}, func(ctx context.Context, s *driver.Session) error {
				rep, doc, err := previewed(ctx, s, req)
				if err != nil {
					return err
				}
				err = g.conclude(doc, show, rep.Err())
				if rep.Err() == nil && expectNothing && rep.Changed() > 0 {
					return gitops.Errorf(gitops.Unexpected, "%d resources would change, and none were expected to", rep.Changed())
				}
				return err
			})
		},
	}
	g.running(cmd)
	f := cmd.Flags()
	f.StringVar(&at, "at", "", "preview the estate of this commit, from a clean checkout")
	f.StringVar(&req.Affected, "affected", "", "only the stacks that differ from this commit")
	f.Lookup("affected").NoOptDefVal = "HEAD"
	f.BoolVar(&req.Refresh, "refresh", false, "read the cloud first, so that drift shows")
	f.StringSliceVar(&req.Targets, "target", nil, "only this URN, may be repeated")
	f.BoolVar(&expectNothing, "expect-no-changes", false, "exit with 7 when something would change")
	show.register(cmd)
	return cmd
}

// previewed previews stacks, or the difference from a commit as a pull request
// shows it.
func previewed(ctx context.Context, s *driver.Session, req driver.PreviewRequest) (*driver.Report, review.Document, error) {
	if req.Affected == "" {
		rep, err := s.Preview(ctx, req)
		if err != nil {
			return nil, review.Document{}, err
		}
		return rep, s.Document(review.Preview, rep), nil
	}
	base, err := s.Base(ctx, req.Affected)
	if err != nil {
		return nil, review.Document{}, err
	}
	r, err := s.Review(ctx, base, req)
	if err != nil {
		return nil, review.Document{}, errors.Join(err, base.Close())
	}
	return r.Report, s.ReviewDocument(r), base.Close()
}
