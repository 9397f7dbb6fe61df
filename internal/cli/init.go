package cli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	trunkline "github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

func initCommand(g *globals) *cobra.Command {
	var module string
	var from fromPulumi
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write a new estate repository",
		Long: `Write a new estate into a directory: components, five stacks, three environments
on the sandbox, and the kit they are built with, as a Go module of its own in a
Git repository.

With --from-pulumi, write the estate that a Pulumi project in Go becomes instead:
its program as a stack, its stacks as environments, its state in the store of the
estate. Nothing of the project is changed, and nothing in the cloud; the next
preview shows no changes. docs/coming-from-pulumi.md says more.

"trunkline init ci" writes the pipeline of an estate.`,
		Example: `  trunkline init shop
  trunkline init shop --module example.com/acme/shop
  trunkline init shop --from-pulumi ../infra
  trunkline init shop --from-pulumi ../network --from-pulumi ../app --state s3://acme-state
  trunkline init ci github`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(from.projects) > 0 {
				return g.initFromPulumi(cmd.Context(), args[0], module, from)
			}
			if err := from.unused(cmd); err != nil {
				return err
			}
			dir := g.path(args[0])
			project := filepath.Base(dir)
			if module == "" {
				module = "example.com/" + project
			}
			paths, err := scaffold.Write(scaffold.Options{
				From: trunkline.Estate, Dir: dir, Module: module, Project: project,
				Files: map[string]string{"README.md": scaffold.Readme(project), ".gitignore": "/.trunkline/\n"},
			})
			if err != nil {
				return err
			}
			committed, err := firstCommit(cmd.Context(), dir)
			if err != nil {
				return err
			}
			how := "not committed: it is part of a repository"
			if committed {
				how = "committed"
			}
			fmt.Fprintf(g.deps.Stderr, "wrote %d files to %s, %s\n", len(paths), args[0], how)
			_, err = fmt.Fprintf(g.deps.Stdout, "next: cd %s && trunkline preview -e dev\n", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&module, "module", "", "module path (default example.com/DIR)")
	from.register(cmd)
	cmd.AddCommand(initCICommand(g))
	return cmd
}

// firstCommit makes a repository of a directory that is in none, and tells
// whether it did.
func firstCommit(ctx context.Context, dir string) (bool, error) {
	inside := exec.CommandContext(ctx, "git", "rev-parse", "--git-dir")
	inside.Dir = dir
	if inside.Run() == nil {
		return false, nil
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "--all"},
		{"-c", "user.name=trunkline", "-c", "user.email=trunkline@localhost", "-c", "commit.gpgSign=false", "commit", "--quiet", "--message", "Start the estate"},
	} {
		c := exec.CommandContext(ctx, "git", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return false, &gitops.Error{Kind: gitops.Invalid, What: "git " + args[0] + " failed: " + string(out), Err: err,
				Next: "install git 2.28 or newer"}
		}
	}
	return true, nil
}
