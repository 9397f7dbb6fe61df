package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/delivery"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func ciCommand(g *globals) *cobra.Command {
	var approved delivery.Approval
	var files ciFiles
	cmd := &cobra.Command{
		Use:   "ci",
		Short: "Do what the event of a CI job asks for",
		Long: `Find out what the job of a CI system is about, and do it. A pull request is
previewed, as it will be after its merge into the base branch, and its reviewers
are told in one comment and in statuses. A push to the trunk branch brings every
environment to it, in the order of promotion; the comment becomes the record. A
schedule looks for drift.

GitHub Actions, Gitea and Forgejo Actions, GitLab CI and Buildkite are known. Any
other system says the same with variables:

` + ci.VariableTable() + `
The job for the pull request of a fork gets no credentials. It shows what the
programs register, and asks no cloud.`,
		Example: `  trunkline ci
  trunkline ci -e dev --result dev.json   one of several jobs; then: trunkline ci comment *.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON, formatMarkdown); err != nil {
				return err
			}
			return g.logged(func(log *ci.Log) error {
				c, err := g.detect()
				if err != nil {
					return err
				}
				return g.deliver(cmd.Context(), c, approved, files, log)
			})
		},
	}
	g.changing(cmd)
	f := cmd.Flags()
	f.StringVar(&approved.Digest, "approve", "", "the digest of what somebody has agreed to")
	f.StringVar(&approved.Environment, "approve-environment", "", "the environment that --approve is for (default: each that asks)")
	f.StringVar(&approved.Commit, "approve-commit", "", "the commit that was looked at; --approve counts for no other")
	f.StringVar(&files.result, "result", "", "write the review to this file, as -o json would")
	f.StringVar(&files.junit, "junit", "", "write a JUnit report to this file, a test for each stack")
	f.StringVar(&files.gitlab, "gitlab-report", "", "write GitLab's report of changes to this file (artifacts:reports:terraform)")
	cmd.AddCommand(ciCommentCommand(g))
	return cmd
}

func ciCommentCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "comment FILE...",
		Short: "Make one comment of what several jobs found",
		Long: `Read the results that jobs of a matrix have left (trunkline ci -e ENV --result
FILE), and tell the reviewers of the pull request in one comment and in the status
that its branch protection asks for. The jobs themselves leave both alone.

An environment of the estate that no result is about has failed, and so has one
whose file is not there. Name the environments with -e when the jobs had only
those.`,
		Example: "  trunkline ci comment dev.json staging.json production.json\n  trunkline ci comment -e dev,staging dev.json staging.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(formatJSON, formatMarkdown); err != nil {
				return err
			}
			return g.logged(func(*ci.Log) error {
				c, err := g.detect()
				if err != nil {
					return err
				}
				doc, err := g.readResults(args, c)
				if err != nil {
					return err
				}
				return g.publish(cmd.Context(), c, doc)
			})
		},
	}
	g.selectingEnv(cmd)
	return cmd
}

// publish tells the reviewers what several jobs found.
func (g *globals) publish(ctx context.Context, c ci.Context, doc review.Document) error {
	forge, err := g.deps.Forge(c)
	if err != nil {
		return err
	}
	live, done := g.live(ctx)
	defer done()
	out := delivery.New(delivery.Job{Context: c, Forge: forge.Forge, Now: g.deps.Now,
		Note: func(text string) { live.Report(gitops.Progress{Note: text}) }}).Publish(ctx, doc, g.envs)
	done()
	if out.Document.Verb == "" || out.Untold {
		return out.Err
	}
	return g.ended(out)
}

// detect reads what the CI system says about the job.
func (g *globals) detect() (ci.Context, error) {
	unknown, err := ci.CheckNames(g.deps.Names())
	for _, name := range unknown {
		fmt.Fprintf(g.deps.Stderr, "note: %s is no variable of trunkline\n", name)
	}
	if err != nil {
		return ci.Context{}, err
	}
	var event []byte
	if file := ci.EventFile(g.deps.Getenv); file != "" {
		var err error
		if event, err = os.ReadFile(file); err != nil {
			return ci.Context{}, gitops.Errorf(gitops.Invalid, "the event of the job cannot be read: %w", err)
		}
	}
	return ci.Detect(g.deps.Getenv, event)
}

// deliver does what the event asks for.
func (g *globals) deliver(ctx context.Context, c ci.Context, approved delivery.Approval, files ciFiles, log *ci.Log) error {
	forge, err := g.deps.Forge(c)
	if err != nil {
		return err
	}
	log.Group(title(c))
	log.Pause() // what runs now may print what it likes
	live, done := g.live(ctx)
	defer done()
	var d *delivery.Delivery
	d = delivery.New(delivery.Job{
		Context: c, Forge: forge.Forge, Remote: forge.Remote, Dir: g.dir(), Selection: g.selection(), Approved: approved, Now: g.deps.Now,
		Note: func(text string) { live.Report(gitops.Progress{Note: text}) },
		Driver: func(store string) (*driver.Driver, error) {
			o := g.options(func(p gitops.Progress) {
				live.Report(p)
				d.Observe(p)
			})
			o.Store = store
			return driver.New(o)
		},
	})
	out := d.Run(ctx)
	done()
	log.Resume()
	log.EndGroup()
	if out.Document.Verb == "" {
		return out.Err
	}
	remark(log, out.Document, d.Prefix())
	if err := g.leave(c, out.Document, files); err != nil {
		return errors.Join(out.Err, err)
	}
	if out.Untold {
		return out.Err
	}
	return g.ended(out)
}

// ended shows how a delivery ended. What somebody has to agree to is told as an
// error, too: it has the command that goes on.
func (g *globals) ended(out delivery.Outcome) error {
	if kind := gitops.KindOf(out.Err); kind == gitops.NeedsReview || kind == gitops.Stale {
		return errors.Join(g.show(out.Document, showing{}), out.Err)
	}
	return g.conclude(out.Document, showing{}, out.Err)
}
