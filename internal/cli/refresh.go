package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func driftCommand(g *globals) *cobra.Command {
	var (
		fail bool
		show showing
	)
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "Find what was changed in the cloud behind our back",
		Long: `Read every resource of the deployed stacks and show where the cloud differs from
the state. Nothing is changed.`,
		Example: `  trunkline drift -e dev
  trunkline drift --fail-on-drift -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON, formatJSONL, formatMarkdown); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				rep, err := s.Drift(ctx, g.selection())
				if err != nil {
					return err
				}
				err = g.conclude(s.Document("drift", rep), show, rep.Err())
				if rep.Err() == nil && fail && rep.Changed() > 0 {
					err := gitops.Errorf(gitops.Unexpected, "%d resources differ from the state", rep.Changed())
					err.Next = "trunkline up --refresh repairs them; trunkline refresh accepts them"
					return err
				}
				return err
			})
		},
	}
	g.running(cmd)
	cmd.Flags().BoolVar(&fail, "fail-on-drift", false, "exit with 7 when something differs")
	show.register(cmd)
	return cmd
}

func refreshCommand(g *globals) *cobra.Command {
	var show showing
	cmd := &cobra.Command{
		Use:     "refresh",
		Short:   "Take what the cloud looks like into the state",
		Long:    `Show the drift, ask, and accept it into the state. The cloud is not changed.`,
		Example: `  trunkline refresh -e dev`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON, formatJSONL, formatMarkdown); err != nil {
				return err
			}
			if err := g.needEnv(); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				drift, result, err := s.Refresh(ctx, g.selection(), g.unlessYes(func(drift *driver.Report) (bool, error) {
					g.showPlan(s.Document("drift", drift), show)
					return g.ask(ctx, "Accept this into the state of "+strings.Join(g.envs, ", ")+"?", g.details(s.Document("drift", drift)))
				}))
				return g.finish("refresh", s, drift, result, err, show)
			})
		},
	}
	g.changing(cmd)
	show.register(cmd)
	return cmd
}

func destroyCommand(g *globals) *cobra.Command {
	var (
		approved string
		show     showing
	)
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "Delete every resource of stacks",
		Long: `Show what would be deleted, ask, and delete it, dependents first. A protected
environment refuses, so does a mandatory policy, and an environment whose changes
need approval asks for it. A stack that a deployed one needs is not destroyed
before that.`,
		Example: `  trunkline destroy -e dev -s app
  trunkline destroy -e staging --yes --approve sha256:…`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON, formatJSONL, formatMarkdown); err != nil {
				return err
			}
			if err := g.needEnv(); err != nil {
				return err
			}
			return g.session(cmd.Context(), driver.OpenOptions{}, func(ctx context.Context, s *driver.Session) error {
				preview, result, err := s.Destroy(ctx, g.selection(), approved, g.unlessYes(func(preview *driver.Report) (bool, error) {
					g.showPlan(s.Document("destroy", preview), show)
					question := fmt.Sprintf("Delete %d resources of %s?", preview.Changed(), strings.Join(g.envs, ", "))
					return g.ask(ctx, question, g.details(s.Document("destroy", preview)))
				}))
				return g.finish("destroy", s, preview, result, err, show)
			})
		},
	}
	g.changing(cmd)
	cmd.Flags().StringVar(&approved, "approve", "", "the digest of the preview that was approved")
	show.register(cmd)
	return cmd
}
