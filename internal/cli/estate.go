package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func validateCommand(g *globals) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the program, the policies and every environment file",
		Long: `Compile the program, read its stacks, and check the settings of every environment
against the Go types that ask for them; compile the policies and read who is exempt
from them. Every mistake is listed, with its place. Nothing runs.`,
		Example: "  trunkline validate\n  trunkline validate --at HEAD",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.session(cmd.Context(), driver.OpenOptions{At: at}, func(ctx context.Context, s *driver.Session) error {
				policies, exemptions, err := s.Policies(ctx)
				if err != nil {
					return err
				}
				stacks := 0
				for _, env := range s.Environments {
					stacks += len(env.Stacks)
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.validate/v1", "valid": true,
						"definitions": len(s.Estate.Stacks), "environments": len(s.Environments), "stacks": stacks,
						"policies": len(policies.Policies), "exemptions": len(exemptions)})
				}
				_, err = fmt.Fprintf(g.deps.Stdout, "valid: %d stack definitions, %d environments, %d stacks, %d policies, %d exemptions\n",
					len(s.Estate.Stacks), len(s.Environments), stacks, len(policies.Policies), len(exemptions))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "check the estate of this commit")
	return cmd
}

func envCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "env", Short: "List environments"}
	ls := &cobra.Command{
		Use:     "ls",
		Short:   "List environments in promotion order",
		Example: "  trunkline env ls\n  trunkline env ls -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(_ context.Context, s *driver.Session) error { return g.environments(s) })
		},
	}
	cmd.AddCommand(ls)
	return cmd
}

func (g *globals) environments(s *driver.Session) error {
	type row struct {
		Name      string   `json:"environment"`
		Provider  string   `json:"provider"`
		Region    string   `json:"region"`
		Account   string   `json:"account"`
		After     []string `json:"after"`
		Approvals string   `json:"approvals"`
		Protect   bool     `json:"protect"`
		Stacks    []string `json:"stacks"`
	}
	list, rows := []row{}, [][]string{}
	for _, e := range s.Environments {
		r := row{e.Name, e.Cloud.Provider, e.Cloud.Region, e.Cloud.Account, append([]string{}, e.Deploy.After...),
			e.Deploy.Approvals.When, e.Deploy.Protect, e.StackNames()}
		list = append(list, r)
		protect := ""
		if r.Protect {
			protect = "protected"
		}
		rows = append(rows, []string{r.Name, r.Provider, r.Region, r.Account, strings.Join(r.After, ", "), r.Approvals, protect, strings.Join(r.Stacks, ", ")})
	}
	if g.output == formatJSON {
		return g.json(map[string]any{"schema": "trunkline.environments/v1", "environments": list})
	}
	return g.table([]string{"environment", "cloud", "region", "account", "after", "approvals", "", "stacks"}, rows)
}

func configCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Explain the settings of stacks"}
	explain := &cobra.Command{
		Use:   "explain [STACK.KEY]",
		Short: "Show each setting's value and where it comes from",
		Example: `  trunkline config explain -e dev
  trunkline config explain -e production data.keepVersionsDays`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			key := ""
			if len(args) == 1 {
				stack, rest, _ := strings.Cut(args[0], ".")
				g.stacks, key = []string{stack}, rest
			}
			return g.session(cmd.Context(), driver.OpenOptions{}, func(_ context.Context, s *driver.Session) error {
				list, err := s.Explain(g.selection())
				if err != nil {
					return err
				}
				return g.explained(list, key)
			})
		},
	}
	g.selecting(explain)
	schema := &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of the environment files",
		Long:    "Print the JSON Schema of this estate's environment files, made from the Go types.\nEditors use it to complete and check.",
		Example: "  trunkline config schema > .trunkline/environment.schema.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.session(cmd.Context(), driver.OpenOptions{}, func(_ context.Context, s *driver.Session) error {
				schema, err := s.SettingsSchema()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(g.deps.Stdout, string(schema))
				return err
			})
		},
	}
	cmd.AddCommand(explain, schema)
	return cmd
}

func (g *globals) explained(list []driver.StackSettings, key string) error {
	rows := [][]string{}
	for i, st := range list {
		st.Settings = slices.DeleteFunc(slices.Clone(st.Settings), func(v settings.Setting) bool {
			return key != "" && v.Path != key && !strings.HasPrefix(v.Path, key+".") && !strings.HasPrefix(v.Path, key+"[")
		})
		list[i] = st
		for _, v := range st.Settings {
			rows = append(rows, []string{st.StackID.String(), v.Path, v.Value, string(v.Kind), v.Origin, v.GoField})
		}
	}
	if key != "" && len(rows) == 0 {
		err := gitops.Errorf(gitops.NotFound, "there is no setting %q", key)
		err.Next = "trunkline config explain"
		return err
	}
	if g.output == formatJSON {
		return g.json(map[string]any{"schema": "trunkline.settings/v1", "stacks": list})
	}
	return g.table([]string{"stack", "setting", "value", "type", "origin", "field"}, rows)
}
