package delivery

import (
	"context"
	"errors"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// rollOut brings a commit of the trunk branch to every environment, in the order
// of promotion. An environment that fails, or waits for somebody, stops those that
// come after it and no others.
func (d *Delivery) rollOut(ctx context.Context) Outcome {
	d.doc = review.Document{Verb: review.Up, Head: d.Context.Head, Only: d.Selection.Environments}
	err := d.steps(ctx,
		(*Delivery).current,      // what was approved is about this commit
		(*Delivery).fetch,        // the commit is here, under its full name
		(*Delivery).openHead,     // the estate at it
		(*Delivery).approvable,   // and what was approved is one of its environments
		(*Delivery).identifyPull, // the pull request that it came from
		(*Delivery).lookBehind,   // environments that are deployed and have no file any more
		(*Delivery).announceRollout,
		(*Delivery).promote, // one environment after the other
	)
	return d.record(ctx, err)
}

// identifyPull finds the pull request that the commit came from.
func (d *Delivery) identifyPull(ctx context.Context) error {
	d.doc.Environments = d.head.EnvironmentNames()
	d.findPull(ctx)
	return nil
}

// findPull finds the pull request that the commit came from: its comment becomes
// the record. A commit may have come without one.
func (d *Delivery) findPull(ctx context.Context) {
	if d.Forge == nil {
		return
	}
	found, err := d.Forge.PullRequestsOf(ctx, d.doc.Head.SHA)
	if err != nil {
		d.forgive("the pull request of the commit cannot be found", err)
		return
	}
	if len(found) > 0 {
		d.pull = found[0]
		d.doc.PullRequest = found[0]
	}
}

// lookBehind finds environments that this commit, or one before it, has removed.
func (d *Delivery) lookBehind(ctx context.Context) error {
	d.doc.Left = d.head.Abandoned(ctx, d.Context.Base.SHA)
	return nil
}

// forgotten is the error for environments that are deployed and that nobody looks
// after. What could not be read is only told.
func forgotten(left []review.LeftBehind) error {
	for _, l := range left {
		if l.Unread == "" {
			return &gitops.Error{Kind: gitops.Violated, What: l.Environment + " is no longer in the estate and stays deployed: " + count(len(l.Stacks), "stack") + " with " + count(l.Resources, "resource"),
				Next: "put environments/" + l.Environment + ".yaml back, or destroy it: " + l.Next}
		}
	}
	return nil
}

// announceRollout shows that the environments wait for their turn.
func (d *Delivery) announceRollout(ctx context.Context) error {
	for _, env := range d.environments() {
		d.doc.Deployment = append(d.doc.Deployment, review.DeployedStep{Environment: env, State: gitops.RunQueued})
	}
	if d.Forge == nil {
		return nil
	}
	if d.speaks() {
		d.sticky = d.comment(true)
	}
	d.showRollout(ctx)
	return nil
}

// environments are those that the job is about, in the order of promotion.
func (d *Delivery) environments() []string {
	return slices.DeleteFunc(d.head.EnvironmentNames(), func(name string) bool {
		return len(d.Selection.Environments) > 0 && !slices.Contains(d.Selection.Environments, name)
	})
}

// showRollout shows how far it has come: written whole each time, because it
// happens twice for each environment.
func (d *Delivery) showRollout(ctx context.Context) {
	if d.sticky != nil {
		d.forgive("the comment cannot be written", d.sticky.Write(ctx, d.markdown(d.doc)))
	}
	if d.Forge != nil {
		d.status(ctx, d.statuses(deployed(d.doc), nil), nil)
	}
}

// promote updates one environment after the other.
func (d *Delivery) promote(ctx context.Context) error {
	for i := range d.doc.Deployment {
		st := &d.doc.Deployment[i]
		if blocker := d.blocker(st.Environment); blocker != "" {
			st.State, st.Detail = gitops.RunSkipped, "comes after "+blocker
			d.showRollout(ctx)
			continue
		}
		st.State, st.At = gitops.RunRunning, d.Now()
		d.showRollout(ctx)
		err := d.environment(ctx, st)
		st.At = d.Now()
		d.recall(context.WithoutCancel(ctx), st)
		d.judge(st, err)
		if err != nil && st.Waiting == "" {
			d.doc.Notes = append(d.doc.Notes, st.Environment+": "+plainly(st.Environment, firstLine(err)))
		}
		d.showRollout(context.WithoutCancel(ctx))
		if gitops.KindOf(err) == gitops.Cancelled {
			return err
		}
	}
	return nil
}

// blocker is an environment that comes before this one and did not succeed.
func (d *Delivery) blocker(name string) string {
	before := d.head.Before(name)
	for _, st := range d.doc.Deployment {
		if slices.Contains(before, st.Environment) && st.State != gitops.RunSucceeded {
			return st.Environment
		}
	}
	return ""
}

// record returns the end of a rollout.
func (d *Delivery) record(ctx context.Context, err error) Outcome {
	if m := (moved{}); errors.As(err, &m) {
		if d.Approved.Digest == "" {
			return d.leftBehind(m)
		}
		err = outdated(d.Context.Head.SHA, m.to)
	}
	if len(d.doc.Deployment) == 0 {
		if err != nil && gitops.KindOf(err) != gitops.Stale && d.Approved.Digest == "" && d.Forge != nil { // an approval that reaches no environment says nothing about the commit
			d.status(context.WithoutCancel(ctx), d.statuses(nil, err), nil)
		}
		return Outcome{Err: err, Untold: true}
	}
	if d.sticky != nil {
		d.forgive("the comment cannot be written", d.sticky.Finish(context.WithoutCancel(ctx), d.markdown(d.doc)))
	}
	if err == nil {
		err = d.failed
	}
	if waits := gitops.KindOf(err) == gitops.NeedsReview; d.whole() && (err == nil || waits) {
		if left := forgotten(d.doc.Left); left != nil { // and neither is told without the other
			err = errors.Join(left, err)
		}
	}
	return Outcome{Document: d.doc, Err: err}
}

// leftBehind ends a rollout of a commit that is not the newest any more. A job for
// some environments leaves word of that to the job which tells people.
func (d *Delivery) leftBehind(m moved) Outcome {
	d.Note(m.Error())
	if len(d.Selection.Environments) == 0 {
		return Outcome{}
	}
	for _, env := range d.Selection.Environments {
		d.doc.Deployment = append(d.doc.Deployment, review.DeployedStep{Environment: env, State: gitops.RunSkipped, Detail: m.Error()})
	}
	return Outcome{Document: d.doc}
}
