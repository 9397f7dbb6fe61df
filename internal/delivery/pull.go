package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// pullRequest previews a proposal and tells its reviewers.
func (d *Delivery) pullRequest(ctx context.Context) Outcome {
	d.reviews = true
	d.doc = review.Document{Verb: review.Preview, DryRun: true, Stage: review.Pending, Only: d.Selection.Environments}
	err := d.steps(ctx,
		(*Delivery).identify, // which pull request it is, as the forge knows it
		(*Delivery).announce, // reviewers see that something happens
		(*Delivery).fetch,    // base and head are here, under their full names
		(*Delivery).merge,    // and so is what merging them would make
		(*Delivery).open,     // the estate before and after
		(*Delivery).review,   // which stacks differ, what updating them does, what the policies of the base say
	)
	return d.tell(ctx, err)
}

// identify reads the pull request from the forge. Without one, or when it does
// not answer, what the CI system says has to do.
func (d *Delivery) identify(ctx context.Context) error {
	c := d.Context
	d.pull = gitops.PullRequest{Number: c.Number, Head: c.Head, Base: c.Base, Fork: c.Fork, Author: c.Actor}
	if d.Forge != nil && c.Number > 0 {
		found, err := d.Forge.PullRequest(ctx, c.Number)
		switch {
		case err == nil && found.Fork && !c.Fork:
			return &gitops.Error{Kind: gitops.Denied, What: fmt.Sprintf("#%d comes from a fork, and the job does not say so", c.Number),
				Next: "run jobs for forks on pull_request, without credentials"}
		case err == nil && c.System == ci.Plain && c.Base.Ref != "" && c.Base.Ref != found.Base.Ref:
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("TRUNKLINE_BASE_BRANCH is %.70q, and #%d is for the branch %s", c.Base.Ref, c.Number, found.Base.Ref),
				Next: "set it to " + found.Base.Ref + ", or leave it out"}
		case err == nil:
			if found.Head.SHA != c.Head.SHA {
				d.Note("somebody has pushed " + found.Head.Short() + " meanwhile; this is about " + c.Head.Short())
			}
			if c.Base.SHA == "" || d.whole() && found.Base.Ref == c.Base.Ref && found.Base.SHA != "" {
				c.Base.SHA = found.Base.SHA // as it is now; several jobs have to agree on what they were told
			}
			found.Head, found.Base = c.Head, c.Base
			found.Fork = found.Fork || c.Fork // the stricter of both counts
			d.pull = found
		case gitops.KindOf(err) == gitops.NotFound:
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("pull request #%d cannot be found", c.Number), Err: err,
				Next: "look at the number that the CI system gives, or at what the token may see"}
		case c.System == ci.Plain || c.System == ci.Buildkite:
			return fmt.Errorf("nobody says whether #%d comes from a fork: %w", c.Number, err)
		default:
			d.forgive("the pull request cannot be read", err)
		}
	}
	d.doc.PullRequest, d.doc.Head, d.doc.Base = d.pull, d.pull.Head, d.pull.Base
	return nil
}

// announce writes the first comment and status.
func (d *Delivery) announce(ctx context.Context) error {
	if d.Forge == nil {
		return nil
	}
	if d.speaks() {
		d.sticky = d.comment(false)
		err := d.sticky.Outdate(ctx, "This is about an older commit; "+d.doc.Head.Short()+" is being previewed.")
		if d.sticky.Comment().ID == "" && err == nil {
			err = d.sticky.Write(ctx, d.markdown(d.doc))
		}
		d.forgive("the comment cannot be written", err)
		if errors.Is(err, comment.ErrSuperseded) {
			return nil // and what the newer run says about the commit stands
		}
	}
	d.status(ctx, d.pending(), nil)
	return nil
}

// fetch brings base and head into a private repository.
func (d *Delivery) fetch(ctx context.Context) error {
	var err error
	if d.repo, err = checkout.Open(ctx, d.Dir, checkout.Options{}); err != nil {
		return err
	}
	d.atClose(d.repo.Close)
	if err := d.findBase(ctx); err != nil {
		return err
	}
	if d.Remote != nil {
		w := checkout.Wanted{Base: d.doc.Base.SHA, Head: d.doc.Head.SHA, History: d.doc.Base.SHA != ""}
		rollOut := d.Context.Event == ci.Push || d.Context.Event == ci.Manual
		if !d.pull.Fork && (d.Context.Number > 0 || rollOut) {
			w.HeadBranch = d.doc.Head.Ref
		}
		got, err := d.repo.Fetch(ctx, *d.Remote, w)
		if err != nil {
			return err
		}
		if got.Moved != "" && rollOut {
			return moved{got.Moved}
		}
		if got.Moved != "" {
			d.Note(fmt.Sprintf("branch %s has moved on to %s; this is about %s", w.HeadBranch, got.Moved, d.doc.Head.Short()))
		}
	}
	for _, rev := range []*gitops.Revision{&d.doc.Head, &d.doc.Base} {
		if rev.SHA == "" {
			continue
		}
		found, err := d.repo.Resolve(ctx, rev.SHA)
		if err != nil {
			return err
		}
		found.Ref = rev.Ref
		*rev = found
	}
	d.atHead, d.atBase = d.doc.Head, d.doc.Base
	return nil
}

// moved ends a rollout that is not about the newest commit of the trunk branch: to
// go on would take back what the newer one did.
type moved struct{ to string }

func (m moved) Error() string {
	return "the trunk branch has moved on to " + m.to + "; its own job deploys it"
}

// findBase asks the remote where the base branch is, when nobody has said it.
func (d *Delivery) findBase(ctx context.Context) (err error) {
	base := &d.doc.Base
	if base.SHA != "" || base.Ref == "" {
		return nil
	}
	if d.Remote != nil {
		if base.SHA, err = d.repo.Tip(ctx, *d.Remote, base.Ref); err != nil {
			return err
		}
	}
	if base.SHA == "" {
		return gitops.Errorf(gitops.Invalid, "nobody says which commit the base branch %s is at: set TRUNKLINE_BASE", base.Ref)
	}
	return nil
}

// merge makes what is previewed: head merged into base, which is what the merge
// will deploy.
func (d *Delivery) merge(ctx context.Context) (err error) {
	d.atHead, err = d.repo.Merge(ctx, d.doc.Base, d.doc.Head)
	return err
}

// open opens the estate before and after.
func (d *Delivery) open(ctx context.Context) error {
	var err error
	if d.driver, err = d.Driver(d.repo.Store); err != nil {
		return err
	}
	d.atClose(d.driver.Close)
	only := d.Selection.Environments
	if d.base, err = d.driver.OpenBase(ctx, driver.OpenOptions{At: d.atBase.SHA, As: d.doc.Base, Only: only}); err != nil {
		return err
	}
	d.atClose(d.base.Close)
	if d.head, err = d.driver.Open(ctx, driver.OpenOptions{At: d.atHead.SHA, As: d.doc.Head, Only: only, Run: !d.pull.Fork}); err != nil {
		return err
	}
	d.atClose(d.head.Close)
	return nil
}

// review previews the difference. That of a fork is read from its program alone:
// it gets neither credentials nor secrets.
func (d *Delivery) review(ctx context.Context) error {
	var r *driver.Review
	var err error
	by := driver.Asking{Actor: d.Context.Actor, PullRequest: d.pull}
	if d.pull.Fork {
		r, err = d.head.ReviewPrograms(ctx, d.base, d.Selection, by)
	} else {
		r, err = d.head.Review(ctx, d.base, driver.PreviewRequest{Selection: d.Selection, Asking: by})
	}
	if err != nil {
		return err
	}
	doc := d.head.ReviewDocument(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	doc.PullRequest, doc.Head, doc.Base, doc.Only = d.doc.PullRequest, d.doc.Head, d.doc.Base, d.doc.Only
	doc.Reproduce = "trunkline preview --at " + doc.Head.SHA + " --affected=" + d.atBase.SHA
	d.doc = doc
	return nil
}

// tell shows the end of a pull request's delivery, and returns it.
func (d *Delivery) tell(ctx context.Context, err error) Outcome {
	ctx = context.WithoutCancel(ctx) // what was found out is told also by a job that is stopped
	d.mu.Lock()
	d.doc.Stage = review.Complete
	d.doc.Failure = err
	doc := d.doc
	d.mu.Unlock()
	d.writes.Wait() // nothing older comes after the last word
	superseded := false
	if d.sticky != nil {
		err := d.sticky.Finish(ctx, d.markdown(doc))
		superseded = errors.Is(err, comment.ErrSuperseded)
		d.forgive("the comment cannot be written", err)
	}
	out := Outcome{Document: doc, Err: err, Untold: err != nil}
	if err == nil {
		out.Err = verdict(doc)
	}
	outcomes, failure := outcomesOf(doc), err
	if failure == nil && !slices.ContainsFunc(outcomes, func(o comment.Outcome) bool { return o.State == gitops.StatusFailure }) {
		failure = verdict(doc) // which is about no environment
	}
	if superseded && d.newerIsAboutThis() {
		return out // and what the newer run says about the commit stands
	}
	d.status(ctx, d.statuses(outcomes, failure), checkRun(doc, d.markdownOptions(doc), d.Prefix()))
	return out
}

// newerIsAboutThis tells whether the newer run that has the comment is about the
// same commit. Of another one it says nothing, and what was pending must end.
func (d *Delivery) newerIsAboutThis() bool {
	first, _, _ := strings.Cut(d.sticky.Comment().Body, "\n")
	return !strings.Contains(first, " sha=") || strings.Contains(first, " sha="+d.doc.Head.Short())
}

// verdict is the error that a finished review ends with: a preview that failed, a
// policy that forbids it.
func verdict(doc review.Document) error {
	for _, r := range doc.Stacks {
		if r.Err != nil {
			return r.Err
		}
	}
	return driver.Blocked(doc.Violations, doc.Base)
}
