package delivery

import (
	"context"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// markerID tells the comments of several installations apart.
const markerID = "ci"

// speaks tells whether this job keeps the comment.
func (d *Delivery) speaks() bool {
	return d.pull.Number > 0 && len(d.Selection.Environments)+len(d.Selection.Stacks) == 0
}

// comment is the one comment on the pull request.
func (d *Delivery) comment(deployment bool) *comment.Sticky {
	run := d.Context.Run
	return comment.New(comment.Options{
		Forge: d.Forge, Number: d.pull.Number, Marker: review.Marker(markerID), Now: d.Now,
		Generation: comment.Generation{Deployment: deployment, Run: run.Number, Attempt: run.Attempt},
	})
}

// markdown writes a document for the forge.
func (d *Delivery) markdown(doc review.Document) string {
	return review.Markdown(doc, review.MarkdownOptions{ID: markerID, Link: d.Context.Run.URL})
}

// Observe takes what happens while stacks run, and shows it in the comment. It
// does not wait for the forge.
func (d *Delivery) Observe(p gitops.Progress) {
	if p.Run == nil || d.sticky == nil {
		return
	}
	d.mu.Lock()
	d.running[p.Run.Stack] = *p.Run
	doc := d.doc
	doc.Stage = review.Running
	doc.Stacks = rowsOf(d.running)
	d.mu.Unlock()
	d.writes.Go(func() { // at most one at a time, and not often
		d.forgive("the comment cannot be written", d.sticky.Progress(context.Background(), d.markdown(doc)))
	})
}

// status says how far a commit has come.
func (d *Delivery) status(ctx context.Context, statuses []gitops.Status, check *gitops.CheckRun) {
	if d.Forge == nil {
		return
	}
	note, err := comment.Report(ctx, d.Forge, d.Context.Head.SHA, statuses, check)
	if note != "" {
		d.Note(note)
	}
	d.forgive("the statuses cannot be set", err)
}

// statuses are those of the commit. A job for some environments leaves the
// aggregate to the one that has them all.
func (d *Delivery) statuses(outcomes []comment.Outcome) []gitops.Status {
	all := comment.Statuses(outcomes, d.Context.Run.URL)
	if len(d.Selection.Environments)+len(d.Selection.Stacks) > 0 {
		return all[:len(all)-1]
	}
	return all
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
