package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

func initCICommand(g *globals) *cobra.Command {
	var p scaffold.Pipeline
	cmd := &cobra.Command{
		Use:   "ci SYSTEM",
		Short: "Write the pipeline of an estate: github, gitlab or gitea",
		Long: `Write what the CI system is to do with the estate: preview pull requests, update
every environment from the trunk branch, look for drift on a schedule. Jobs get no
more rights than they need, and nothing that a pull request builds reaches a job
that may change something.

A file that is there already is not touched: how it differs is shown.

With --per-environment each environment is updated in a job of its own, after
those that it comes after, so that the CI system can guard it, and its role can
trust this job alone. That is the default where an environment file names roles
that jobs take with their own tokens.`,
		Example: "  trunkline init ci github\n  trunkline init ci gitlab --trunk master",
		RunE: func(cmd *cobra.Command, args []string) error {
			p.System = args[0]
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				p.Environments = s.Environments
				if !cmd.Flags().Changed("per-environment") {
					p.PerEnvironment = len(p.TokenRoles("update")) > 0
				}
				return g.initCI(ctx, p)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.Trunk, "trunk", "", "branch that environments are updated from (default: the one that is checked out)")
	f.StringVar(&p.Version, "trunkline", "", "version of trunkline to install (default: this one's)")
	f.BoolVar(&p.PerEnvironment, "per-environment", false, "update each environment in a job of its own")
	return cmd
}

// initCI writes the pipeline to the top of the repository.
func (g *globals) initCI(ctx context.Context, p scaffold.Pipeline) error {
	repo, err := checkout.Open(ctx, g.dir(), checkout.Options{})
	if err != nil {
		return err
	}
	p.Dir = repo.Prefix
	if p.Trunk == "" {
		head, err := repo.Head(ctx)
		if err != nil || head.Ref == "HEAD" {
			return &gitops.Error{Kind: gitops.Invalid, What: "no branch is checked out that could be the trunk", Err: err, Next: "name it with --trunk"}
		}
		p.Trunk = head.Ref
	}
	v := versions()
	if p.Version == "" {
		p.Version = released(v.Trunkline)
	}
	p.Go = strings.TrimPrefix(regexp.MustCompile(`^go\d+\.\d+`).FindString(v.Go), "go")
	path, text, err := p.File()
	if err != nil {
		return err
	}
	old, err := os.ReadFile(filepath.Join(repo.Root, filepath.FromSlash(path)))
	switch {
	case err == nil && string(old) == string(text):
		fmt.Fprintf(g.deps.Stderr, "%s is there already, just like this\n", path)
	case err == nil:
		if _, err := fmt.Fprint(g.deps.Stdout, scaffold.Diff(string(old), string(text))); err != nil {
			return err
		}
		return &gitops.Error{Kind: gitops.Unexpected, What: path + " is there already, and differs as shown", Next: "take over what you want, or move the file away and run this again"}
	case !errors.Is(err, fs.ErrNotExist):
		return gitops.Errorf(gitops.Failed, "%w", err)
	default:
		if _, err := scaffold.Save(repo.Root, map[string][]byte{path: text}); err != nil {
			return err
		}
		fmt.Fprintf(g.deps.Stderr, "wrote %s\n", path)
	}
	for _, note := range p.Notes() {
		fmt.Fprintf(g.deps.Stderr, "note: %s\n", note)
	}
	_, err = fmt.Fprintf(g.deps.Stdout, "next: read %s, then: git add %s && git commit\n", path, path)
	return err
}

// released is the version that go install finds, "latest" for a build of a work
// tree.
func released(version string) string {
	if !strings.HasPrefix(version, "v") || strings.Contains(version, "+dirty") {
		return "latest"
	}
	return version
}
