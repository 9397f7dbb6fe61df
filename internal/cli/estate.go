package cli

import (
	"context"
	"fmt"
	"io"
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
		Short: "Check the program and every environment file",
		Long: `Compile the program, read its stacks, and check the settings of every environment
against the Go types that ask for them. Every mistake is listed, with its place.
Nothing runs.`,
		Example: "  trunkline validate\n  trunkline validate --at HEAD",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.session(cmd.Context(), driver.OpenOptions{At: at}, func(_ context.Context, s *driver.Session) error {
				stacks := 0
				for _, env := range s.Environments {
					stacks += len(env.Stacks)
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.validate/v1", "valid": true,
						"definitions": len(s.Estate.Stacks), "environments": len(s.Environments), "stacks": stacks})
				}
				_, err := fmt.Fprintf(g.deps.Stdout, "valid: %d stack definitions, %d environments, %d stacks\n",
					len(s.Estate.Stacks), len(s.Environments), stacks)
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
		Args:  cobra.MaximumNArgs(1),
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

func secretCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "secret", Short: "Write secrets into environment files"}
	set := &cobra.Command{
		Use:   "set STACK.KEY",
		Short: "Encrypt a value from standard input into an environment file",
		Long: `Read a secret from standard input, encrypt it with the estate's key, and write it
to the environment's file. The value never stands on a command line. Comments
and layout of the file stay.`,
		Example: "  trunkline secret set -e dev STACK.KEY < password.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(g.envs) != 1 {
				return g.needEnv()
			}
			value, err := g.readSecret()
			if err != nil {
				return err
			}
			return g.with(cmd.Context(), nil, func(_ context.Context, d *driver.Driver) error {
				path, err := d.SetSecret(g.envs[0], args[0], value)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(g.deps.Stderr, "wrote %s to %s, encrypted\n", args[0], path)
				return err
			})
		},
	}
	set.Flags().StringSliceVarP(&g.envs, "env", "e", nil, "environment")
	cmd.AddCommand(set)
	return cmd
}

// maxSecret is how long a secret may be, in bytes.
const maxSecret = 1 << 20

func (g *globals) readSecret() (string, error) {
	if isTerminal(g.deps.Stdin) {
		return g.readPassword("secret: ")
	}
	if g.deps.Stdin == nil {
		return "", gitops.Errorf(gitops.Invalid, "give the secret on standard input")
	}
	b, err := io.ReadAll(io.LimitReader(g.deps.Stdin, maxSecret+1))
	if err != nil {
		return "", err
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case value == "":
		return "", gitops.Errorf(gitops.Invalid, "the secret on standard input is empty")
	case len(value) > maxSecret:
		return "", gitops.Errorf(gitops.Invalid, "a secret is at most %d bytes", maxSecret)
	}
	return value, nil
}
