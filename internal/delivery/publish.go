package delivery

import (
	"context"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Publish tells people what several jobs found that had some environments each:
// the comment and the aggregate status are its. After a push the comment is that of
// the pull request which the commit came from, and becomes the record. An
// environment that no job was for has failed: one of the estate, or of those that
// are expected when some are named.
func (d *Delivery) Publish(ctx context.Context, doc review.Document, expected []string) Outcome {
	if doc.Head.SHA != d.Context.Head.SHA {
		return Outcome{Untold: true, Err: &gitops.Error{Kind: gitops.Invalid,
			What: fmt.Sprintf("the results are about %s, and this job is about %s", doc.Head.Short(), d.Context.Head.Short()),
			Next: "hand over the results of the jobs of this run"}}
	}
	if err := known(expected, doc.Environments); err != nil {
		return Outcome{Untold: true, Err: err}
	}
	doc = complete(doc, expected)
	switch {
	case (d.Context.Event == ci.PullRequest || d.Context.Event == ci.Queue) && doc.Verb == review.Preview:
		return d.publishReview(ctx, doc)
	case d.Context.OnTrunk() && doc.Verb == review.Up:
		return d.publishRecord(ctx, doc)
	}
	return d.nothing(fmt.Sprintf("there is nothing to tell about the %s of a job for %s", doc.Verb, d.Context.Event))
}

func (d *Delivery) publishReview(ctx context.Context, doc review.Document) Outcome {
	if err := d.identify(ctx); err != nil {
		return Outcome{Err: err, Untold: true}
	}
	if d.Forge != nil && d.speaks() {
		d.sticky = d.comment(false)
	}
	doc.PullRequest = d.pull
	d.doc = doc
	return d.tell(ctx, doc.Failure)
}

func (d *Delivery) publishRecord(ctx context.Context, doc review.Document) Outcome {
	d.doc = doc
	d.findPull(ctx)
	if d.Forge != nil && d.speaks() {
		d.sticky = d.comment(true)
	}
	d.showRollout(ctx)
	for _, st := range doc.Deployment {
		switch {
		case st.Waiting != "":
			d.keep(waiting(st, gitops.NeedsReview))
		case st.State == gitops.RunFailed || st.State == gitops.RunCancelled:
			d.keep(gitops.Errorf(gitops.Deployment, "%s: %s", st.Environment, st.Detail))
		}
	}
	return d.record(ctx, doc.Failure) // which also tells of environments that are gone
}
