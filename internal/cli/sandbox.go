package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

func sandboxCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Look into the offline cloud, and disturb it",
		Long:  "The sandbox stands in for AWS where an environment says `cloud.provider: sandbox`.\nIts resources are kept in .trunkline/sandbox.db.",
	}
	cmd.AddCommand(sandboxLs(g), sandboxTouch(g), sandboxRm(g), sandboxFail(g), sandboxDelay(g), sandboxFaults(g), sandboxHeal(g), sandboxLog(g), sandboxReset(g))
	return cmd
}

// inCloud opens the sandbox and calls f.
func (g *globals) inCloud(cmd *cobra.Command, f func(context.Context, *sandbox.Cloud) error) error {
	if err := g.check(formatJSON); err != nil {
		return err
	}
	return g.with(cmd.Context(), nil, func(ctx context.Context, d *driver.Driver) error {
		cloud, err := d.Cloud()
		if err != nil {
			return err
		}
		return f(ctx, cloud)
	})
}

func sandboxLs(g *globals) *cobra.Command {
	var filter sandbox.Filter
	var ids bool
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List what exists",
		Example: "  trunkline sandbox ls\n  trunkline sandbox ls --type Queue -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error {
				list, err := cloud.List(ctx, filter)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.sandbox/v1", "resources": list})
				}
				rows := [][]string{}
				for _, r := range list {
					if ids {
						fmt.Fprintln(g.deps.Stdout, r.ID)
					}
					rows = append(rows, []string{r.Type, r.Name, r.ID, r.Region, r.Tags["Environment"], r.Tags["Stack"]})
				}
				if ids {
					return nil
				}
				return g.table([]string{"type", "name", "id", "region", "environment", "stack"}, rows)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&filter.Type, "type", "", "type token or its last part, such as Queue; * stands for any text")
	f.StringVar(&filter.Name, "name", "", "physical name; * stands for any text")
	f.BoolVar(&ids, "ids", false, "print only the IDs")
	return cmd
}

// identify returns the ID that a person means: an ID as it is, or that of the
// one resource whose physical name a pattern such as 'work-*' matches.
func identify(ctx context.Context, cloud *sandbox.Cloud, text string) (string, error) {
	if !strings.Contains(text, "*") {
		return text, nil
	}
	list, err := cloud.List(ctx, sandbox.Filter{Name: text})
	if err != nil {
		return "", err
	}
	if len(list) == 1 {
		return list[0].ID, nil
	}
	known := gitops.Errorf(gitops.NotFound, "%q matches the names of %d resources, not of one", text, len(list))
	known.Next = "trunkline sandbox ls --name '" + text + "'"
	return "", known
}

func sandboxTouch(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "touch ID|NAME* PROPERTY=VALUE",
		Short:   "Change a property, as somebody in a console would",
		Example: "  trunkline sandbox touch https://sqs… visibilityTimeoutSeconds=5\n  trunkline sandbox touch vpc-0… 'tags.Owner=\"nobody\"'",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, value, ok := strings.Cut(args[1], "=")
			if !ok {
				return gitops.Errorf(gitops.Invalid, "%q is not of the form PROPERTY=VALUE", args[1])
			}
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error {
				id, err := identify(ctx, cloud, args[0])
				if err != nil {
					return err
				}
				if err := cloud.Touch(ctx, id, path, value); err != nil {
					return err
				}
				fmt.Fprintf(g.deps.Stderr, "%s of %s is now %s, and nobody told Trunkline\n", path, id, value)
				return nil
			})
		},
	}
}

func sandboxRm(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "rm ID|NAME*",
		Short:   "Delete something behind our back",
		Example: "  trunkline sandbox rm i-0…\n  trunkline sandbox rm 'work-age*'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error {
				id, err := identify(ctx, cloud, args[0])
				if err != nil {
					return err
				}
				if err := cloud.Remove(ctx, id); err != nil {
					return err
				}
				fmt.Fprintf(g.deps.Stderr, "%s is gone, and nobody told Trunkline\n", id)
				return nil
			})
		},
	}
}

func sandboxFail(g *globals) *cobra.Command {
	var rule sandbox.FailRule
	cmd := &cobra.Command{
		Use:     "fail",
		Short:   "Make operations fail from now on",
		Example: "  trunkline sandbox fail --type Queue --operation create --times 1 --message 'Throttling: slow down'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error { return cloud.Fail(ctx, rule) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&rule.Message, "message", "", "the error")
	f.BoolVar(&rule.After, "after", false, "let the operation happen and its answer get lost")
	matching(cmd, &rule.Type, &rule.Name, &rule.Operation, &rule.Times)
	return cmd
}

func sandboxDelay(g *globals) *cobra.Command {
	var rule sandbox.DelayRule
	cmd := &cobra.Command{
		Use:     "delay DURATION",
		Short:   "Make operations slow from now on",
		Example: "  trunkline sandbox delay 5s --type Instance --operation create",
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil {
				return gitops.Errorf(gitops.Invalid, "%q is no duration, such as 5s: %w", args[0], err)
			}
			rule.Delay = d
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error { return cloud.Delay(ctx, rule) })
		},
	}
	cmd.Flags().BoolVar(&rule.After, "after", false, "wait when the operation has happened, before it is answered")
	matching(cmd, &rule.Type, &rule.Name, &rule.Operation, &rule.Times)
	return cmd
}

// matching adds the flags that choose operations.
func matching(cmd *cobra.Command, typ, name, operation *string, times *int) {
	f := cmd.Flags()
	f.StringVar(typ, "type", "", "type token or its last part; * stands for any text")
	f.StringVar(name, "name", "", "name in the program; * stands for any text")
	f.StringVar(operation, "operation", "", "create, read, update or delete")
	f.IntVar(times, "times", 0, "how often; 0 means always")
}

func sandboxFaults(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "faults",
		Example: "  trunkline sandbox faults",
		Short:   "List the rules of fail and delay that are in force",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error {
				list, err := cloud.Faults(ctx)
				if err != nil {
					return err
				}
				rows := [][]string{}
				for _, f := range list {
					rows = append(rows, []string{f.Operation, f.Type, f.Name, f.Delay.String(), fmt.Sprint(f.Times), f.Message})
				}
				return g.table([]string{"operation", "type", "name", "delay", "times", "message"}, rows)
			})
		},
	}
}

func sandboxHeal(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "heal",
		Example: "  trunkline sandbox heal",
		Short:   "End all rules of fail and delay",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error { return cloud.Heal(ctx) })
		},
	}
}

func sandboxLog(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "log",
		Example: "  trunkline sandbox log",
		Short:   "List every change of the offline cloud, oldest first",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error {
				list, err := cloud.Log(ctx)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.sandbox-log/v1", "entries": list})
				}
				rows := [][]string{}
				for _, e := range list {
					rows = append(rows, []string{fmt.Sprint(e.Sequence), e.Time.Local().Format(time.DateTime), e.Operation, e.Type, e.ID, e.Detail})
				}
				return g.table([]string{"", "time", "operation", "type", "id", "detail"}, rows)
			})
		},
	}
}

func sandboxReset(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "reset",
		Example: "  trunkline sandbox reset",
		Short:   "Delete everything in the offline cloud",
		Long:    "Delete everything in the offline cloud. The stacks' state stays: it then speaks of\nresources that are gone.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ok, err := g.agreed(cmd.Context(), "Delete everything in the sandbox?"); err != nil || !ok {
				return err
			}
			return g.inCloud(cmd, func(ctx context.Context, cloud *sandbox.Cloud) error { return cloud.Reset(ctx) })
		},
	}
}
