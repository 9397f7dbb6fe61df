package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	trunkline "github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

func initCommand(g *globals) *cobra.Command {
	var module string
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write a new estate repository",
		Long: `Write a new estate into a directory: components, three stacks, three environments
on the sandbox, and the kit they are built with, as a Go module of its own in a
Git repository.`,
		Example: "  trunkline init shop\n  trunkline init shop --module example.com/acme/shop",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
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
			if err := firstCommit(cmd.Context(), dir); err != nil {
				return err
			}
			fmt.Fprintf(g.deps.Stderr, "wrote %d files to %s, committed\n", len(paths), args[0])
			_, err = fmt.Fprintf(g.deps.Stdout, "next: cd %s && trunkline preview -e dev\n", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&module, "module", "", "module path (default example.com/DIR)")
	return cmd
}

// firstCommit makes a repository of a directory that is in none.
func firstCommit(ctx context.Context, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return nil
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "--all"},
		{"-c", "user.name=trunkline", "-c", "user.email=trunkline@localhost", "commit", "--quiet", "--message", "Start the estate"},
	} {
		c := exec.CommandContext(ctx, "git", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return &gitops.Error{Kind: gitops.Invalid, What: "git " + args[0] + " failed: " + string(out), Err: err,
				Next: "install git 2.28 or newer"}
		}
	}
	return nil
}
