package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/review"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

func affectedCommand(g *globals) *cobra.Command {
	var req driver.AffectedRequest
	var explain string
	var resources bool
	cmd := &cobra.Command{
		Use:   "affected",
		Short: "List the stacks that a change touches, and why",
		Long: `Compare two revisions by what their stacks are made of: the Go packages and
modules each stack is compiled from, its settings, and the stacks it needs. Stacks
that are equal in all of it are not affected; comments and layout do not count.

What is compared is the head and the newest commit that it shares with the base: what
came to the base since then does not show. When the base cannot be read, or is not
part of a shallow clone, every stack counts as affected, and the reason says so.

--explain shows the way from a stack, STACK or ENV/STACK, to what changed: imports,
files, places in the environment files. With --resources the programs of both revisions also run, without
a cloud, a state or a secret, and what they register is compared: a refactoring
shows as "same resources".`,
		Example: `  trunkline affected --base main
  trunkline affected --base main --explain dev/app
  trunkline affected --base main --resources
  trunkline affected --base main --head HEAD -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			req.Selection = g.selection()
			if req.Explain = explain != ""; req.Explain {
				env, stack, both := strings.Cut(explain, "/")
				if !both {
					env, stack = "", explain
				}
				if req.Stacks = []string{stack}; env != "" {
					req.Environments = []string{env}
				}
			}
			if resources {
				return g.affectedResources(cmd.Context(), req)
			}
			live, done := g.live(cmd.Context())
			defer done()
			return g.with(cmd.Context(), live.Report, func(ctx context.Context, d *driver.Driver) error {
				aff, err := d.Affected(ctx, req)
				if err != nil {
					return err
				}
				done()
				return g.affected(aff, nil)
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().StringVar(&req.Base, "base", "HEAD", "the commit to compare with")
	cmd.Flags().StringVar(&req.Head, "head", "", "the commit to look at; the work tree when left out")
	cmd.Flags().StringVar(&explain, "explain", "", "show the whole way from this stack, STACK or ENV/STACK, to what changed")
	cmd.Flags().BoolVar(&resources, "resources", false, "run both programs without a cloud and compare what they register")
	return cmd
}

// affectedResources is affected for those who also want to know what the programs
// of both revisions register.
func (g *globals) affectedResources(ctx context.Context, req driver.AffectedRequest) error {
	return g.session(ctx, driver.OpenOptions{At: req.Head}, func(ctx context.Context, s *driver.Session) error {
		aff, err := s.AffectedIn(ctx, req)
		if err != nil {
			return err
		}
		compared, err := s.Resources(ctx, cmp.Or(aff.Against.SHA, req.Base), aff.Stacks)
		if err != nil {
			return err
		}
		return g.affected(aff, compared)
	})
}

// affected shows which stacks differ, and how their resources do, where somebody
// has compared them.
func (g *globals) affected(aff *driver.Affected, compared []record.Comparison) error {
	doc := review.Affected{Base: aff.Base, Against: aff.Against, Head: aff.Head, Stacks: aff.Stacks, Unaffected: aff.Unaffected}
	if g.output != formatJSON {
		found := map[gitops.StackID]review.Compared{}
		for _, c := range compared {
			found[c.StackID] = review.Compared{Summary: c.Summary(), Changes: c.Changes, Outputs: c.Outputs}
		}
		return g.lines(review.AffectedText(doc, found))
	}
	var resources any
	if compared != nil {
		resources = compared
	}
	return g.json(review.AffectedJSON(doc, resources))
}

func graphCommand(g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "graph",
		Short:   "Show which stack needs which",
		Example: "  trunkline graph\n  trunkline graph --format mermaid",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			if g.output == formatJSON {
				format = formatJSON
			}
			return g.session(cmd.Context(), driver.OpenOptions{}, func(_ context.Context, s *driver.Session) error {
				defs := s.Definitions()
				if format == formatJSON {
					doc, err := rollout.JSON(defs)
					if err != nil {
						return err
					}
					return g.json(doc)
				}
				draw := map[string]func([]rollout.Definition) (string, error){
					"text": rollout.Text, "mermaid": rollout.Mermaid, "dot": rollout.DOT,
				}[format]
				if draw == nil {
					return gitops.Errorf(gitops.Invalid, "--format %s is not one of text, mermaid, dot, json", format)
				}
				text, err := draw(defs)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(g.deps.Stdout, text)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, mermaid, dot or json")
	return cmd
}

func historyCommand(g *globals) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "history",
		Short:   "List what ran, newest first",
		Example: "  trunkline history -e dev\n  trunkline history -e production -s app --limit 5 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				entries, err := s.History(ctx, g.selection(), limit)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.history/v1", "updates": entries})
				}
				rows := [][]string{}
				for _, e := range entries {
					rows = append(rows, []string{e.StackID.String(), fmt.Sprintf("v%d", e.Version), string(e.Operation), e.Result,
						e.Started.Local().Format(time.DateTime), gitops.Revision{SHA: e.Commit}.Short(), e.Message})
				}
				return g.table([]string{"stack", "state", "operation", "result", "started", "commit", "message"}, rows)
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().IntVar(&limit, "limit", 20, "at most this many")
	return cmd
}

func outputsCommand(g *globals) *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:     "outputs",
		Short:   "Show what stacks hand to those who need them",
		Example: "  trunkline outputs -e dev\n  trunkline outputs -e dev -s network -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				outs, err := s.Outputs(ctx, g.selection(), show)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.outputs/v1", "stacks": outs})
				}
				rows := [][]string{}
				for _, o := range outs {
					for _, k := range sortedKeys(o.Outputs) {
						rows = append(rows, []string{o.StackID.String(), k, review.Value(o.Outputs[k], 0)})
					}
				}
				return g.table([]string{"stack", "output", "value"}, rows)
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().BoolVar(&show, "show-secrets", false, "print secrets in plain text")
	return cmd
}
