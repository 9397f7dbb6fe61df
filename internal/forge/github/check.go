package github

import (
	"context"
	"slices"

	"github.com/google/go-github/v92/github"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// What GitHub takes: https://docs.github.com/rest/checks/runs
const (
	maxAnnotations = 50 // in one request; later ones add to them
	maxSummary     = 65_535
	maxTitle       = 255
)

// checkRun is a check run of this process. One with remarks is never changed, as
// GitHub would keep them: a new one takes its place.
type checkRun struct {
	id        int64
	annotated bool
}

// SetCheckRun creates a check run, or completes the one that this process began.
// GitHub shows the newest of a name. Only the token of a job or of a GitHub App
// may do this; the error of others is of kind Denied.
func (f *Forge) SetCheckRun(ctx context.Context, sha string, c gitops.CheckRun) error {
	if err := forge.CheckSHA(sha); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := sha + " " + c.Name
	batches := slices.Collect(slices.Chunk(c.Annotations, maxAnnotations))
	if len(batches) == 0 {
		batches = append(batches, nil)
	}
	for i, batch := range batches {
		run, known := f.checks[key]
		var err error
		if !known || run.annotated && i == 0 {
			run.id, err = f.createCheckRun(ctx, sha, c, batch)
		} else {
			err = f.updateCheckRun(ctx, run.id, c, batch)
		}
		if err != nil {
			return noCommit(forge.Fail(err, "cannot set the check run %s on %.7s", c.Name, sha))
		}
		f.checks[key] = checkRun{run.id, len(c.Annotations) > 0}
	}
	return nil
}

func (f *Forge) createCheckRun(ctx context.Context, sha string, c gitops.CheckRun, batch []gitops.Annotation) (int64, error) {
	status, conclusion := progress(c.State)
	run, _, err := f.client.Checks.CreateCheckRun(forge.Repeatable(ctx), f.owner, f.name, github.CreateCheckRunOptions{
		Name: c.Name, HeadSHA: sha, Status: status, Conclusion: conclusion, DetailsURL: optional(c.URL), Output: output(c, batch),
	})
	return run.GetID(), err
}

func (f *Forge) updateCheckRun(ctx context.Context, id int64, c gitops.CheckRun, batch []gitops.Annotation) error {
	status, conclusion := progress(c.State)
	_, _, err := f.client.Checks.UpdateCheckRun(ctx, f.owner, f.name, id, github.UpdateCheckRunOptions{
		Name: c.Name, Status: status, Conclusion: conclusion, DetailsURL: optional(c.URL), Output: output(c, batch),
	})
	return err
}

// progress is a state in the words of check runs, which have no errors.
func progress(s gitops.StatusState) (status, conclusion *string) {
	switch s {
	case gitops.StatusPending:
		return new("in_progress"), nil
	case gitops.StatusSuccess:
		return new("completed"), new("success")
	}
	return new("completed"), new("failure")
}

func output(c gitops.CheckRun, batch []gitops.Annotation) *github.CheckRunOutput {
	out := &github.CheckRunOutput{Title: new(forge.Cut(c.Title, maxTitle)), Summary: new(forge.Cut(c.Summary, maxSummary))}
	for _, a := range batch {
		line := max(a.Line, 1)
		out.Annotations = append(out.Annotations, &github.CheckRunAnnotation{
			Path: new(a.File), StartLine: &line, EndLine: &line, AnnotationLevel: new(a.Level),
			Title: optional(forge.Cut(a.Title, maxTitle)), Message: new(a.Message),
		})
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
