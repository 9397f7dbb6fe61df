package delivery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

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
