package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/exemption"
	"github.com/trunkline-dev/trunkline/policy"
)

func policyCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "List the policies and who is exempt from them"}
	var at string
	ls := &cobra.Command{
		Use:   "ls",
		Short: "List the policies and who is exempt from them",
		Long: `List the policies of the program in policies/: what follows from a violation, in
which environments each holds, where the estate makes it, and the exemptions in
` + exemption.File + `. A pull request is judged by those of the branch that it is
proposed to: --at main lists them.`,
		Example: "  trunkline policy ls\n  trunkline policy ls --at main -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			open := func(ctx context.Context, d *driver.Driver) (*driver.Session, error) { return d.OpenPolicies(ctx, at) }
			return g.opened(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				d, list, err := s.Policies(ctx)
				if err != nil {
					return err
				}
				return g.policies(d, list)
			}, open)
		},
	}
	ls.Flags().StringVar(&at, "at", "", "list those of this commit")
	cmd.AddCommand(ls)
	return cmd
}

// policies shows the policies, and below them the exemptions.
func (g *globals) policies(d policy.Description, list []exemption.Exemption) error {
	now := g.deps.Now()
	if g.output == formatJSON {
		type exempt struct {
			Policy      string `json:"policy"`
			Stack       string `json:"stack"`
			Environment string `json:"environment"`
			Resource    string `json:"resource"`
			Owner       string `json:"owner"`
			Reason      string `json:"reason"`
			Expires     string `json:"expires"`
			Where       string `json:"where"`
			InForce     bool   `json:"inForce"`
		}
		out := []exempt{}
		for _, e := range list {
			out = append(out, exempt{e.Policy, e.Stack, e.Environment, e.Resource, e.Owner, e.Reason, e.Expires, e.Where, e.Holds(now)})
		}
		return g.json(map[string]any{"schema": d.Schema, "policies": d.Policies, "exemptions": out})
	}
	rows := [][]string{}
	for _, p := range d.Policies {
		rows = append(rows, []string{p.Name, string(p.Level), string(p.About), p.Scope(), exempted(p.Name, list, now), madeAt(p), p.Doc})
	}
	if err := g.table([]string{"policy", "level", "about", "holds", "exempt", "source", ""}, rows); err != nil || len(list) == 0 {
		return err
	}
	rows = [][]string{}
	for _, e := range list {
		until := e.Expires
		if !e.Holds(now) {
			until += ", expired"
		}
		rows = append(rows, []string{e.Policy, e.Environment + "/" + e.Stack + " " + e.Resource, e.Owner, until, e.Reason, e.Where})
	}
	return g.table([]string{"exempt from", "what", "owner", "until", "reason", "source"}, rows)
}

// exempted counts what is exempt from a policy, and says until when the first of
// it is.
func exempted(name string, list []exemption.Exemption, now time.Time) string {
	var days []string
	expired := 0
	for _, e := range list {
		switch {
		case e.Policy != name:
		case e.Holds(now):
			days = append(days, e.Expires)
		default:
			expired++
		}
	}
	var parts []string
	if len(days) > 0 {
		parts = append(parts, fmt.Sprintf("%d until %s", len(days), slices.Min(days)))
	}
	if expired > 0 {
		parts = append(parts, fmt.Sprintf("%d expired", expired))
	}
	return strings.Join(parts, ", ")
}

// madeAt is the line of the estate that makes a policy.
func madeAt(p policy.Info) string {
	if p.BuiltIn {
		return p.Source + " (built in)"
	}
	return p.Source
}
