package delivery

import (
	"context"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// markerID tells the comments of several installations apart.
const markerID = "ci"

// speaks tells whether this job keeps the comment.
func (d *Delivery) speaks() bool {
	return d.pull.Number > 0 && d.whole()
}

// whole tells whether the job is about all of the estate: others leave to one that
// is what is said of all.
func (d *Delivery) whole() bool { return len(d.Selection.Environments)+len(d.Selection.Stacks) == 0 }

// comment is the one comment on the pull request.
func (d *Delivery) comment(deployment bool) *comment.Sticky {
	run := d.Context.Run
	return comment.New(comment.Options{
		Forge: d.Forge, Number: d.pull.Number, Marker: review.Marker(markerID), Now: d.Now, Fold: "The review before the merge",
		Generation: comment.Generation{Deployment: deployment, Run: run.Number, Attempt: run.Attempt},
	})
}

// markdown writes a document for the forge.
func (d *Delivery) markdown(doc review.Document) string {
	return review.Markdown(doc, d.markdownOptions(doc))
}

func (d *Delivery) markdownOptions(doc review.Document) review.MarkdownOptions {
	repository := strings.TrimSuffix(d.Context.URL, "/") + "/" + d.Context.Repository
	source, commit := review.Links(d.Context.Forge, repository, doc.Head.SHA, d.Prefix())
	kind := map[string]string{"": "plain", "local": "github"}[d.Context.Forge]
	if kind == "" {
		kind = d.Context.Forge
	}
	return review.MarkdownOptions{Forge: kind, ID: markerID, Link: d.Context.Run.URL, Source: source, Commit: commit}
}

// Prefix is the directory of the estate in the repository.
func (d *Delivery) Prefix() string {
	if d.repo == nil {
		return ""
	}
	return d.repo.Prefix
}

// Observe takes what happens while stacks run, and shows it in the comment. It
// does not wait for the forge.
func (d *Delivery) Observe(p gitops.Progress) {
	if p.Run == nil || d.sticky == nil || !d.reviews {
		return // a rollout shows each environment itself
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

// pending are the statuses of a review that begins.
func (d *Delivery) pending() []gitops.Status {
	st := gitops.Status{Context: comment.Aggregate, State: gitops.StatusPending, Description: "previewing", URL: d.Context.Run.URL}
	if d.whole() {
		return []gitops.Status{st}
	}
	var out []gitops.Status
	for _, env := range d.Selection.Environments {
		st.Context = comment.Aggregate + "/" + env
		out = append(out, st)
	}
	return out
}

// statuses are those of the commit; failure is why there is no more to say. A job
// for some environments leaves the aggregate to the one that has them all, and says
// something of each of its own.
func (d *Delivery) statuses(outcomes []comment.Outcome, failure error) []gitops.Status {
	state, text := gitops.StatusSuccess, "nothing is affected"
	if failure != nil {
		state, text = gitops.StatusError, firstLine(failure)
		if gitops.KindOf(failure) == gitops.Violated {
			state = gitops.StatusFailure
		}
	}
	for _, env := range d.Selection.Environments {
		if !slices.ContainsFunc(outcomes, func(o comment.Outcome) bool { return o.Environment == env }) {
			outcomes = append(outcomes, comment.Outcome{Environment: env, State: state, Text: text})
		}
	}
	all := comment.Statuses(outcomes, d.Context.Run.URL)
	last := len(all) - 1
	switch {
	case !d.whole():
		return all[:last]
	case failure != nil:
		all[last].State, all[last].Description = state, text
	}
	return all
}

// firstLine is the beginning of an error, as far as it says something: a line that
// announces others takes the first of them along.
func firstLine(err error) string {
	line, rest, _ := strings.Cut(err.Error(), "\n")
	if strings.HasSuffix(line, ":") {
		next, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		line += " " + next
	}
	return strings.TrimSpace(line)
}

// deployed are the statuses of the environments of a rollout. Those that come after
// one which failed end with it; those that come after one which waits for an
// approval wait, too.
func deployed(doc review.Document) []comment.Outcome {
	var out []comment.Outcome
	waits := slices.ContainsFunc(doc.Deployment, func(st review.DeployedStep) bool { return st.Waiting != "" })
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
		case st.State == gitops.RunSkipped && waits:
			o.Text = st.Detail
		case st.State == gitops.RunSkipped:
			o.State, o.Text = gitops.StatusFailure, "not reached: "+st.Detail
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
