package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/delivery"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// ciFiles are the files that a CI job is asked to leave behind; "" for none.
type ciFiles struct {
	result, junit, gitlab string
}

// leave writes what a job leaves behind for others: the files that were asked for,
// and what the CI system shows beside the log.
func (g *globals) leave(c ci.Context, doc review.Document, files ciFiles) error {
	return errors.Join(
		g.leaveResult(files.result, doc),
		g.leaveReport(files.junit, func() ([]byte, error) { return ci.JUnit(doc.Stacks, doc.Violations) }),
		g.leaveReport(files.gitlab, func() ([]byte, error) { return ci.PlanReport(doc.Summary()), nil }),
		appendTo(c.Summary, func() (string, error) {
			return review.Markdown(doc, review.MarkdownOptions{Forge: "github", Limit: ci.SummaryLimit / 2, Link: c.Run.URL}) + "\n", nil
		}),
		appendTo(c.Outputs, func() (string, error) { return ci.Outputs(outputsOf(doc), g.deps.Token) }),
	)
}

func (g *globals) leaveResult(name string, doc review.Document) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(g.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return &gitops.Error{Kind: gitops.Failed, What: "cannot write the result", Err: err, Next: "give a path that you may write to"}
	}
	return errors.Join(review.Encode(f, review.JSON(doc)), f.Close())
}

func (g *globals) leaveReport(name string, text func() ([]byte, error)) error {
	if name == "" {
		return nil
	}
	b, err := text()
	if err != nil {
		return err
	}
	if err := os.WriteFile(g.path(name), b, 0o644); err != nil {
		return &gitops.Error{Kind: gitops.Failed, What: "cannot write the report", Err: err, Next: "give a path that you may write to"}
	}
	return nil
}

// appendTo adds to a file of the CI system, when it has one.
func appendTo(name string, text func() (string, error)) error {
	if name == "" {
		return nil
	}
	s, err := text()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return &gitops.Error{Kind: gitops.Failed, What: "cannot write the outputs or the summary of the job", Err: err,
			Next: "let the job write to the files that TRUNKLINE_OUTPUTS and TRUNKLINE_SUMMARY name (on GitHub and Gitea GITHUB_OUTPUT and GITHUB_STEP_SUMMARY)"}
	}
	_, err = f.WriteString(s)
	return errors.Join(err, f.Close())
}

// outputsOf are the values that later steps of the job can use.
func outputsOf(doc review.Document) map[string]string {
	stacks := []string{}
	destructive := false
	for _, r := range doc.Stacks {
		s := r.Changes.Summary()
		if s.Changed() > 0 {
			stacks = append(stacks, r.Stack.String())
		}
		destructive = destructive || s.Delete+s.Replace > 0
	}
	list, err := json.Marshal(stacks)
	if err != nil { // names
		list = []byte("[]")
	}
	return map[string]string{
		"changed": strconv.FormatBool(len(stacks) > 0), "destructive": strconv.FormatBool(destructive),
		"stacks": string(list), "digest": doc.Digest,
	}
}

// readResults reads what the jobs of a matrix have left. A result that cannot be
// read is that of a job which failed.
func (g *globals) readResults(names []string, c ci.Context) (review.Document, error) {
	if len(names) == 0 {
		return review.Document{}, &gitops.Error{Kind: gitops.Invalid, What: "name the results", Next: "trunkline ci -e ENV --result ENV.json writes one"}
	}
	var docs []review.Document
	var lost error
	for _, name := range names {
		doc, err := g.readDocument(name)
		if err != nil {
			lost = errors.Join(lost, noResult(filepath.Base(name), err))
			continue
		}
		docs = append(docs, doc)
	}
	if len(docs) == 0 {
		docs = append(docs, review.Document{Verb: verbOf(c), Head: c.Head, Base: c.Base})
	}
	doc, err := review.Combine(docs...)
	doc.Failure = errors.Join(doc.Failure, lost)
	return doc, err
}

// noResult says that a file is not the result of a job.
func noResult(name string, err error) error {
	e := &gitops.Error{Kind: gitops.Failed, What: "the job of " + name + " left no result", Err: err, Next: "look at the log of that job, and run it again"}
	if errors.Is(err, fs.ErrNotExist) {
		e.Err = nil
	}
	return e
}

// verbOf is what jobs do on an event.
func verbOf(c ci.Context) review.Verb {
	switch c.Event {
	case ci.Push, ci.Manual:
		return review.Up
	case ci.Schedule:
		return review.Drift
	}
	return review.Preview
}

// remark says what a document says about lines, in the form of the CI system.
func remark(log *ci.Log, doc review.Document, dir string) {
	for _, a := range delivery.Remarks(doc, dir) {
		log.Annotate(a)
	}
}
