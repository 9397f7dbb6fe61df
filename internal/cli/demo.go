package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	trunkline "github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/internal/demo"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

func demoCommand(g *globals) *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole story in a scratch repository",
		Long: `Make a Git repository of the reference estate in a scratch directory and tell the
whole story with real commands: deploy a commit to the sandbox, review and merge
a branch, find and repair drift, roll back. Nothing outside the directory is
touched.`,
		Example: "  trunkline demo\n  trunkline demo --keep ./demo",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir := g.path(keep)
			if keep == "" {
				if dir, err = os.MkdirTemp("", "trunkline-demo-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			}
			paths, err := scaffold.Write(scaffold.Options{
				From: trunkline.Estate, Dir: dir, Module: "example.com/demo", Project: "demo",
				Files: map[string]string{"README.md": scaffold.Readme("demo"), ".gitignore": "/.trunkline/\n"},
			})
			if err != nil {
				return err
			}
			if made, err := firstCommit(cmd.Context(), dir); err != nil {
				return err
			} else if !made {
				return &gitops.Error{Kind: gitops.Invalid, What: dir + " lies in a Git repository", Next: "choose a directory outside of it"}
			}
			fmt.Fprintf(g.deps.Stdout, "A Git repository of %d files in %s. Its environments are on the sandbox: nothing real is touched.\n", len(paths), dir)
			err = demo.Run(cmd.Context(), demo.Options{Dir: dir, Out: g.deps.Stdout, Trunkline: g.deps.Run})
			if err != nil {
				return err
			}
			return g.afterDemo(dir, keep)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "make the repository here and leave it there")
	return cmd
}

func (g *globals) afterDemo(dir, keep string) error {
	fmt.Fprint(g.deps.Stdout, "\nThat was the whole line, from commit to rollback. What to try next:\n\n")
	if keep == "" {
		fmt.Fprint(g.deps.Stdout, "  trunkline demo --keep ./demo      the same, in a repository that stays\n")
	} else {
		fmt.Fprintf(g.deps.Stdout, "  cd %s\n", dir)
	}
	_, err := fmt.Fprint(g.deps.Stdout, `  trunkline preview -e staging      another environment
  trunkline diff dev..production    what differs between two
  trunkline config explain -e dev   where each setting comes from
  trunkline init shop               an estate of your own
`)
	return err
}
