package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func stackCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "stack", Short: "List, unlock and recover stacks"}
	cmd.AddCommand(stackLs(g), stackUnlock(g), stackRecover(g))
	return cmd
}

func stackLs(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List stacks and what is deployed",
		Example: "  trunkline stack ls\n  trunkline stack ls -e dev -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				list, err := s.Stacks(ctx, g.selection())
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.stacks/v1", "stacks": list})
				}
				return g.stackTable(list)
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func (g *globals) stackTable(list []driver.StackStatus) error {
	rows := [][]string{}
	for _, st := range list {
		row := []string{st.StackID.String(), "not deployed", "", "", "", ""}
		if st.Version > 0 {
			row = []string{st.StackID.String(), fmt.Sprintf("v%d", st.Version), fmt.Sprint(st.Resources),
				gitops.Revision{SHA: st.Commit}.Short(), st.Updated.Local().Format(time.DateTime), ""}
		}
		switch {
		case st.Locked != "":
			row[5] = "locked by " + st.Locked
		case st.Pending > 0:
			row[5] = fmt.Sprintf("needs recovery: trunkline stack recover -e %s -s %s", st.Environment, st.Name)
		case st.Interrupted:
			row[5] = fmt.Sprintf("interrupted: trunkline stack recover -e %s -s %s shows what is unfinished", st.Environment, st.Name)
		case st.NoEnvironment:
			row[5] = "its environment is gone: bring environments/" + st.Environment + ".yaml back from git, then trunkline destroy -e " + st.Environment
		case st.Orphan:
			row[5] = "no longer in the estate: trunkline destroy -e " + st.Environment + " -s " + st.Name
		}
		rows = append(rows, row)
	}
	return g.table([]string{"stack", "state", "resources", "commit", "updated", ""}, rows)
}

func stackUnlock(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "unlock LEASE",
		Short:   "End the lease of somebody else on a stack",
		Long:    "End a lease by its ID, which the message about the lock shows. Its holder is\nrefused at its next write.",
		Example: "  trunkline stack unlock -e dev -s app 01J…",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := g.one()
			if err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				if err := s.Unlock(ctx, id, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(g.deps.Stderr, "%s is free\n", id)
				return err
			})
		},
	}
	g.selecting(cmd)
	return cmd
}
