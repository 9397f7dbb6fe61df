package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	trunkline "github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// fromPulumi are the flags of init that are about Pulumi projects.
type fromPulumi struct {
	projects, stacks, states  []string
	provider, region, account string
}

// fromPulumiOnly are those that mean nothing without --from-pulumi.
var fromPulumiOnly = []string{"stack", "state", "provider", "region", "account"}

func (p *fromPulumi) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&p.projects, "from-pulumi", nil, "directory of a Pulumi project in Go that becomes the estate; may be repeated")
	f.StringSliceVar(&p.stacks, "stack", nil, "stacks to carry over (default: all that have a Pulumi.<stack>.yaml)")
	f.StringArrayVar(&p.states, "state", nil, "where the states are: the URL of a backend, or STACK=FILE as pulumi stack export --show-secrets wrote it; may be repeated")
	f.StringVar(&p.provider, "provider", "aws", "cloud of the environments: aws or sandbox")
	f.StringVar(&p.region, "region", "", "AWS region of stacks that do not set aws:region")
	f.StringVar(&p.account, "account", "", "AWS account, if it is not the one of the ARNs in the state")
}

// unused refuses flags that would be ignored.
func (p *fromPulumi) unused(cmd *cobra.Command) error {
	for _, name := range fromPulumiOnly {
		if cmd.Flags().Changed(name) {
			return &gitops.Error{Kind: gitops.Invalid, What: "--" + name + " is only for --from-pulumi", Next: "add --from-pulumi DIR, or leave it out"}
		}
	}
	return nil
}

// pulumiRequest is what the flags ask for.
func (g *globals) pulumiRequest(dir, module string, p fromPulumi) (driver.PulumiRequest, error) {
	req := driver.PulumiRequest{
		Options:   driver.Options{Dir: dir, Getenv: g.deps.Getenv, Now: g.deps.Now, Progress: func(gitops.Progress) {}},
		Reference: trunkline.Estate, Module: module, Stacks: p.stacks, Exported: map[string]string{},
		Provider: p.provider, Region: p.region, Account: p.account,
	}
	if p.provider != "aws" && p.provider != "sandbox" {
		return req, gitops.Errorf(gitops.Invalid, "--provider %s is not one of aws, sandbox", p.provider)
	}
	if len(p.projects) == 1 && module != "" {
		return req, &gitops.Error{Kind: gitops.Invalid, What: "--module is for several projects: a single one keeps its module path", Next: "leave it out"}
	}
	if module == "" {
		req.Module = "example.com/" + filepath.Base(dir)
	}
	for _, project := range p.projects {
		req.Projects = append(req.Projects, g.path(project))
	}
	for _, state := range p.states {
		stack, file, isFile := strings.Cut(state, "=")
		switch {
		case strings.Contains(stack, "://") && req.State == "":
			req.State = state
		case strings.Contains(stack, "://"):
			return req, gitops.Errorf(gitops.Invalid, "--state names two backends, and all projects are read from one")
		case isFile && stack != "" && file != "":
			req.Exported[stack] = g.path(file)
		default:
			return req, &gitops.Error{Kind: gitops.Invalid, What: "--state " + state + " is neither the URL of a backend nor STACK=FILE",
				Next: "write --state file:///home/ana, or --state dev=dev.json"}
		}
	}
	return req, nil
}

func (g *globals) initFromPulumi(ctx context.Context, to, module string, p fromPulumi) error {
	dir := g.path(to)
	req, err := g.pulumiRequest(dir, module, p)
	if err != nil {
		return err
	}
	res, err := driver.FromPulumi(ctx, req)
	if res != nil {
		for _, f := range res.Findings {
			fmt.Fprintln(g.deps.Stderr, f)
		}
	}
	if err != nil {
		return err
	}
	committed, err := firstCommit(ctx, dir)
	if err != nil {
		return err
	}
	how := "not committed: it is part of a repository"
	if committed {
		how = "committed"
	}
	fmt.Fprintf(g.deps.Stderr, "wrote %d files to %s, %s; carried over the state of %d stacks\n", len(res.Files), to, how, len(res.States))
	next := "next: cd " + to
	if p.provider == "aws" {
		next += " && trunkline plugin lock"
	}
	for _, env := range res.Environments {
		next += " && trunkline preview -e " + env
		if slices.ContainsFunc(res.States, func(id gitops.StackID) bool { return id.Environment == env }) {
			next += " --expect-no-changes"
		}
	}
	_, err = fmt.Fprintln(g.deps.Stdout, next)
	return err
}
