package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/driver"
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

// environment brings one environment to the commit: stacks that are gone and that
// nobody reads end before what they stand on changes, those that are still read
// end when their readers have been updated.
func (d *Delivery) environment(ctx context.Context, st *review.DeployedStep) error {
	st.Revision, st.URL, st.By = d.doc.Head, d.Context.Run.URL, d.actor()
	outdated, err := d.head.Outdated(ctx, driver.Selection{Environments: []string{st.Environment}, Stacks: d.Selection.Stacks})
	if err != nil {
		return err
	}
	d.doc.Unaffected = append(d.doc.Unaffected, outdated.Unaffected...)
	var free, read []gitops.StackID
	if len(d.Selection.Stacks) == 0 {
		if free, read, err = d.head.Gone(ctx, st.Environment); err != nil {
			return err
		}
	}
	if err := d.end(ctx, st, free); err != nil {
		return err
	}
	if err := d.update(ctx, st, outdated); err != nil {
		return err
	}
	return d.end(ctx, st, read)
}

// recall completes what an environment's record says by what was done there at
// this commit before: by a run that this one repeats, or by a person who was asked
// to agree. When this run had nothing left to do, the record stays theirs.
func (d *Delivery) recall(ctx context.Context, st *review.DeployedStep) {
	done, err := d.head.Done(ctx, st.Environment, d.Selection.Stacks)
	if err != nil {
		d.forgive("what was done in "+st.Environment+" before cannot be read", err)
		return
	}
	idle := !slices.ContainsFunc(d.doc.Stacks, func(r gitops.RunResult) bool { return r.Stack.Environment == st.Environment })
	st.Summary = done.Summary
	if idle && !done.Last.IsZero() {
		st.At, st.By, st.URL = done.Last, cmp.Or(done.By, st.By), done.Run
	}
}

// actor is who caused the job, else who wrote the commit.
func (d *Delivery) actor() string { return cmp.Or(d.Context.Actor, d.doc.Head.Author) }

// update updates the stacks that are not at the commit.
func (d *Delivery) update(ctx context.Context, st *review.DeployedStep, outdated *driver.Affected) error {
	if len(outdated.Stacks) == 0 {
		return nil
	}
	sel := driver.Selection{Environments: []string{st.Environment}}
	for _, a := range outdated.Stacks {
		sel.Stacks = append(sel.Stacks, a.Name)
	}
	preview, result, err := d.head.Up(ctx, driver.UpRequest{
		PreviewRequest: driver.PreviewRequest{Selection: sel}, Approved: d.Approved.of(st.Environment), Message: d.message(),
	})
	d.take(st, preview, result, outdated.Stacks)
	return d.waits(st, "up", sel, preview, err)
}

// end deletes stacks that the environment has and the commit has not.
func (d *Delivery) end(ctx context.Context, st *review.DeployedStep, gone []gitops.StackID) error {
	if len(gone) == 0 {
		return nil
	}
	sel := driver.Selection{Environments: []string{st.Environment}}
	for _, id := range gone {
		sel.Stacks = append(sel.Stacks, id.Name)
	}
	preview, result, err := d.head.Destroy(ctx, sel, d.Approved.of(st.Environment), nil)
	d.take(st, preview, result, nil)
	if gitops.KindOf(err) == gitops.Violated && preview == nil { // a guard; what a policy forbids is a failure
		d.doc.Notes = append(d.doc.Notes, strings.Join(sel.Stacks, ", ")+" of "+st.Environment+" stays deployed: "+firstLine(err))
		return nil
	}
	return d.waits(st, "destroy", sel, preview, err)
}

// take adds what ran to the record, with the reasons: the operation, or the
// preview that it did not get beyond because of a failure.
func (d *Delivery) take(st *review.DeployedStep, preview, result *driver.Report, why []gitops.Affected) {
	rep := result
	if rep == nil && preview != nil && preview.Err() != nil {
		rep = preview
	}
	if rep == nil {
		return
	}
	for _, r := range rep.Results {
		if rep == preview && r.State == gitops.RunSucceeded {
			continue // it was looked at and never done
		}
		if i := slices.IndexFunc(why, func(a gitops.Affected) bool { return a.StackID == r.Stack }); i >= 0 {
			r.Reasons = why[i].Reasons
		}
		if rep == result {
			st.Summary = st.Summary.Add(r.Changes.Summary())
		}
		if r.State == gitops.RunFailed {
			st.Failed = append(st.Failed, r.Stack)
		}
		d.doc.Stacks = append(d.doc.Stacks, r)
	}
	d.doc.Violations = append(d.doc.Violations, rep.Violations...)
}

// plainly leaves out the name of the environment where it is said anyway.
func plainly(environment, text string) string { return strings.TrimPrefix(text, environment+": ") }

// judge says how an environment came out.
func (d *Delivery) judge(st *review.DeployedStep, err error) {
	switch {
	case err == nil:
		st.State = gitops.RunSucceeded
	case st.Waiting != "":
		st.State = gitops.RunQueued
	case gitops.KindOf(err) == gitops.Cancelled:
		st.State, st.Detail = gitops.RunCancelled, firstLine(err)
	default:
		st.State, st.Detail = gitops.RunFailed, plainly(st.Environment, firstLine(err))
		if gitops.KindOf(err) != gitops.Violated { // which trying again does not mend
			st.Next = "trunkline up -e " + st.Environment + " --at " + d.doc.Head.SHA
		}
	}
	if err != nil {
		d.keep(err)
	}
}

// keep remembers the error that decides the exit code: a failure before somebody
// who is waited for.
func (d *Delivery) keep(err error) {
	waits := func(err error) bool { return gitops.KindOf(err) == gitops.NeedsReview }
	if d.failed == nil || waits(d.failed) && !waits(err) {
		d.failed = err
	}
}

// message is what the history says.
func (d *Delivery) message() string {
	if d.pull.Number > 0 {
		return fmt.Sprintf("#%d %s", d.pull.Number, strings.TrimSpace(d.pull.Title))
	}
	return d.doc.Head.Subject
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
		if err != nil && gitops.KindOf(err) != gitops.Stale && d.Forge != nil { // an approval that came too late says nothing about the commit
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

// deployed are the statuses of the environments of a rollout.
func deployed(doc review.Document) []comment.Outcome {
	var out []comment.Outcome
	for _, l := range doc.Left {
		if l.Unread == "" {
			out = append(out, comment.Outcome{Environment: l.Environment, State: gitops.StatusFailure, Text: "no longer in the estate, and stays deployed"})
		}
	}
	for _, st := range doc.Deployment {
		o := comment.Outcome{Environment: st.Environment, State: gitops.StatusPending, Text: "waiting for its turn"}
		switch {
		case st.State == gitops.RunSucceeded:
			o.State, o.Text = gitops.StatusSuccess, "deployed: "+signs(st.Summary)
		case st.State == gitops.RunRunning:
			o.Text = "deploying"
		case st.Waiting != "":
			o.Text = "waiting for " + st.Waiting
		case st.State == gitops.RunSkipped:
			o.Text = st.Detail
		case st.State == gitops.RunFailed, st.State == gitops.RunCancelled:
			o.State, o.Text = gitops.StatusFailure, string(st.State)+": "+whatFailed(st)
		}
		out = append(out, o)
	}
	return out
}

// whatFailed names the stacks that failed, else why.
func whatFailed(st review.DeployedStep) string {
	if len(st.Failed) == 0 {
		return st.Detail
	}
	names := make([]string, len(st.Failed))
	for i, id := range st.Failed {
		names[i] = id.Name
	}
	return strings.Join(names, ", ")
}
