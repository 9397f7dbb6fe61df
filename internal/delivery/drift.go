package delivery

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// drift looks for what was changed outside of the estate, in every environment.
func (d *Delivery) drift(ctx context.Context) Outcome {
	d.doc = review.Document{Verb: review.Drift, Head: d.Context.Head}
	var report *driver.Report
	err := d.steps(ctx,
		(*Delivery).fetch,    // the commit is here, under its full name
		(*Delivery).openHead, // the estate at it
		func(d *Delivery, ctx context.Context) (err error) {
			report, err = d.head.Drift(ctx, d.Selection)
			return err
		},
	)
	if err != nil {
		return Outcome{Err: err, Untold: true}
	}
	doc := d.head.Document(review.Drift, report)
	doc.Head = d.doc.Head
	out := Outcome{Document: doc, Err: report.Err()}
	if n := report.Changed(); out.Err == nil && n > 0 {
		out.Err = gitops.Errorf(gitops.Unexpected, "%s differ from what was deployed", count(n, "resource"))
	}
	return out
}

// openHead opens the estate at the commit of the job.
func (d *Delivery) openHead(ctx context.Context) error {
	var err error
	if d.driver, err = d.Driver(d.repo.Store); err != nil {
		return err
	}
	d.atClose(d.driver.Close)
	d.head, err = d.driver.Open(ctx, driver.OpenOptions{At: d.doc.Head.SHA, As: d.doc.Head, Only: d.Selection.Environments, Run: true,
		By: driver.Starter{Actor: d.actor(), Run: d.Context.Run.URL}})
	if err == nil {
		d.atClose(d.head.Close)
	}
	return err
}
