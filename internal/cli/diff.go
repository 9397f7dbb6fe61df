package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func diffCommand(g *globals) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "diff ENV..ENV",
		Short: "Compare two environments",
		Long: `Compare two environments: the settings of their stacks, defaults included, and the
resources that are deployed.`,
		Example: "  trunkline diff dev..production\n  trunkline diff staging..production -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			left, right, ok := strings.Cut(args[0], "..")
			if !ok || left == "" || right == "" {
				err := gitops.Errorf(gitops.Invalid, "%q is not of the form ENV..ENV", args[0])
				err.Next = "trunkline diff dev..production"
				return err
			}
			return g.session(cmd.Context(), driver.OpenOptions{At: at}, func(ctx context.Context, s *driver.Session) error {
				c, err := s.Compare(ctx, left, right)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(c.JSON())
				}
				return g.lines(c.Text(g.screen().TextOptions()))
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "compare the settings of this commit")
	return cmd
}
