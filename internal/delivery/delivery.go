// Package delivery carries one event of a CI system to its end. A pull request is
// previewed and told to those who review it; a push to the trunk branch is brought
// to every environment in the order of promotion, and recorded; a schedule looks
// for drift.
//
// Whatever the forge does, it never decides how a delivery ends: a comment that
// cannot be written is a note.
package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Job is what a delivery works with.
type Job struct {
	Context ci.Context
	// Forge is told what happens; nil: nobody is.
	Forge gitops.Forge
	// Remote is where commits come from that the clone does not have; nil: it has
	// them all.
	Remote *checkout.Remote
	// Dir is a directory of the estate in the clone.
	Dir string
	// Driver makes the driver, over the clone and a private repository with what
	// was fetched. Its progress goes to Delivery.Observe.
	Driver func(store string) (*driver.Driver, error)
	// Selection restricts the delivery to some environments or stacks: one of
	// several jobs that share the work. They leave the comment to another one.
	Selection driver.Selection
	// Approved is what somebody has agreed to.
	Approved Approval
	// Now is the clock.
	Now func() time.Time
	// Note tells the job's log something that one has to know.
	Note func(text string)
}

// Outcome is how a delivery ended.
type Outcome struct {
	// Document is what happened. Its Verb is "" when there was nothing to do.
	Document review.Document
	// Err decides the exit code; the document tells it unless Untold.
	Err error
	// Untold tells that the document does not say what Err says.
	Untold bool
}

// Delivery is a job under way.
type Delivery struct {
	Job

	pull    gitops.PullRequest // zero when it is about none
	sticky  *comment.Sticky    // nil: nobody reads
	repo    *checkout.Repo
	driver  *driver.Driver
	base    *driver.Session
	head    *driver.Session
	atBase  gitops.Revision // what the head is compared with
	atHead  gitops.Revision // what is opened as the head: itself, or its merge
	reviews bool            // it is about a proposal
	failed  error           // what decides the exit code of a rollout
	closer  []func() error

	mu      sync.Mutex
	doc     review.Document
	running map[gitops.StackID]gitops.RunProgress
	writes  sync.WaitGroup
}

// step is one stage of a delivery.
type step func(*Delivery, context.Context) error

// New returns a delivery that has not begun.
func New(job Job) *Delivery {
	return &Delivery{Job: job, running: map[gitops.StackID]gitops.RunProgress{}}
}

// Run does what the event asks for.
func (d *Delivery) Run(ctx context.Context) Outcome {
	defer d.close()
	c := d.Context
	switch c.Event {
	case ci.PullRequest:
		if c.Closed {
			return d.nothing(fmt.Sprintf("pull request #%d is closed: the push to its base branch is what counts", c.Number))
		}
		return d.pullRequest(ctx)
	case ci.Queue:
		return d.pullRequest(ctx)
	case ci.Schedule:
		return d.drift(ctx)
	case ci.Push, ci.Manual:
		if c.Trunk == "" || c.Head.Ref == "" {
			return Outcome{Untold: true, Err: &gitops.Error{Kind: gitops.Invalid, What: "nobody says whether this is the trunk branch, the only one that is deployed",
				Next: "set TRUNKLINE_TRUNK to its name, and TRUNKLINE_HEAD_BRANCH to that of the branch of this job"}}
		}
		if !c.OnTrunk() {
			return d.nothing(fmt.Sprintf("%s is not the trunk branch %s: nothing is updated from it", c.Head.Ref, c.Trunk))
		}
		return d.rollOut(ctx)
	}
	return Outcome{Err: gitops.Errorf(gitops.Bug, "no delivery for the event %s", c.Event), Untold: true}
}

func (d *Delivery) nothing(why string) Outcome {
	d.Note(why)
	return Outcome{}
}

// steps takes one step after the other, until one fails.
func (d *Delivery) steps(ctx context.Context, list ...step) error {
	for _, s := range list {
		if err := ctx.Err(); err != nil {
			return &gitops.Error{Kind: gitops.Cancelled, What: "the delivery was stopped", Err: context.Cause(ctx)}
		}
		if err := s(d, ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *Delivery) atClose(f func() error) { d.closer = append(d.closer, f) }

func (d *Delivery) close() {
	d.writes.Wait()
	for i := len(d.closer) - 1; i >= 0; i-- {
		if err := d.closer[i](); err != nil {
			d.Note(err.Error())
		}
	}
}

// forgive makes a note of what a forge would not do.
func (d *Delivery) forgive(doing string, err error) {
	if err != nil {
		d.Note(doing + ": " + err.Error())
	}
}
