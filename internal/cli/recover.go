package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func stackRecover(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Settle what a crash left unfinished",
		Long: `List the operations whose end was never recorded. They block the next update,
because nobody knows how they ended: look into the cloud, then settle each.

  adopt URN ID   the resource was created and has this ID: keep it
  forget URN     drop the note; what exists in the cloud, if anything, stays there
  retry          do them all again: what was being changed or deleted is read from
                 the cloud first, what was being created is created by the next
                 update (a second time, if the first one did succeed)`,
		Example: `  trunkline stack recover -e dev -s app
  trunkline stack recover adopt -e dev -s app URN i-0abc…
  trunkline stack recover forget -e dev -s app URN
  trunkline stack recover retry -e dev -s app`,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.recovering(cmd.Context(), nil) },
	}
	g.selecting(cmd)
	cmd.AddCommand(recoverAdopt(g), recoverForget(g), recoverRetry(g))
	return cmd
}

func recoverAdopt(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "adopt URN ID",
		Short:   "Keep the resource that an unfinished create made",
		Example: "  trunkline stack recover adopt -e dev -s app URN i-0abc…",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.recovering(cmd.Context(), func(ctx context.Context, s *driver.Session, id gitops.StackID) error {
				return s.Adopt(ctx, id, args[0], args[1])
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func recoverForget(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "forget URN",
		Short:   "Drop the note of an unfinished operation",
		Example: "  trunkline stack recover forget -e dev -s app URN",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.recovering(cmd.Context(), func(ctx context.Context, s *driver.Session, id gitops.StackID) error {
				return s.Forget(ctx, id, args[0])
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func recoverRetry(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "retry",
		Short:   "Let the next update do the unfinished operations again",
		Example: "  trunkline stack recover retry -e dev -s app",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.recovering(cmd.Context(), func(ctx context.Context, s *driver.Session, id gitops.StackID) error {
				if ok, err := g.retryAgreed(ctx, s, id); err != nil || !ok {
					return err
				}
				return s.Retry(ctx, id)
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

// retryAgreed asks before something may be created twice.
func (g *globals) retryAgreed(ctx context.Context, s *driver.Session, id gitops.StackID) (bool, error) {
	pending, err := s.Pending(ctx, id)
	if err != nil {
		return false, err
	}
	creates := 0
	for _, p := range pending {
		if p.Kind == "creating" {
			creates++
		}
	}
	if creates == 0 {
		return true, nil
	}
	return g.agreed(ctx, fmt.Sprintf("%s may have succeeded, and the next update of %s would do them again. Go on?", plural(creates, "create"), id))
}

// pasteable is a URN as a shell takes it: some have a dollar sign.
func pasteable(urn string) string {
	if strings.ContainsAny(urn, "$ '`*?") {
		return "'" + strings.ReplaceAll(urn, "'", `'\''`) + "'"
	}
	return urn
}

// recovering settles something, when settle is not nil, and shows what is
// unfinished then.
func (g *globals) recovering(ctx context.Context, settle func(context.Context, *driver.Session, gitops.StackID) error) error {
	if err := g.check(formatJSON); err != nil {
		return err
	}
	id, err := g.one()
	if err != nil {
		return err
	}
	return g.files(ctx, func(ctx context.Context, s *driver.Session) error {
		if settle != nil {
			if err := settle(ctx, s, id); err != nil {
				return err
			}
		}
		pending, err := s.Pending(ctx, id)
		if err != nil {
			return err
		}
		return g.showPending(id, pending)
	})
}

func (g *globals) showPending(id gitops.StackID, pending []driver.PendingOperation) error {
	if g.output == formatJSON {
		return g.json(map[string]any{"schema": "trunkline.pending/v1", "stack": id.Name, "environment": id.Environment, "pending": pending})
	}
	if len(pending) == 0 {
		_, err := fmt.Fprintf(g.deps.Stdout, "%s has nothing unfinished\n", id)
		return err
	}
	rows := [][]string{}
	for _, p := range pending {
		rows = append(rows, []string{p.Kind, p.Type, pasteable(p.URN)})
	}
	return g.table([]string{"unfinished", "type", "urn"}, rows)
}
