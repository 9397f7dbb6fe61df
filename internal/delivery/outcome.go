package delivery

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// rowsOf are the runs of a delivery under way, as far as they have come.
func rowsOf(running map[gitops.StackID]gitops.RunProgress) []gitops.RunResult {
	var out []gitops.RunResult
	for _, id := range slices.SortedFunc(maps.Keys(running), gitops.StackID.Compare) {
		p := running[id]
		out = append(out, gitops.RunResult{Stack: id, Operation: p.Operation, State: p.State, Took: p.Took, Skipped: p.Detail,
			Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{}}})
	}
	return out
}

// outcomesOf says how each environment of a document came out.
func outcomesOf(doc review.Document) []comment.Outcome {
	var out []comment.Outcome
	for _, env := range environmentsOf(doc) {
		o := comment.Outcome{Environment: env, State: gitops.StatusSuccess}
		stacks, failed, waiting, blocked, sum := 0, 0, 0, 0, gitops.Summary{}
		for _, r := range doc.Stacks {
			if r.Stack.Environment != env {
				continue
			}
			stacks++
			sum = sum.Add(r.Changes.Summary())
			switch r.State {
			case gitops.RunFailed, gitops.RunCancelled:
				failed++
			case gitops.RunSkipped:
				waiting++
			}
		}
		for _, v := range doc.Violations {
			if v.Blocks() && v.Stack.Environment == env {
				blocked++
			}
		}
		if stacks == 0 && blocked == 0 {
			continue
		}
		o.Text = count(stacks, "stack") + ": " + signs(sum)
		if failed+waiting > 0 && sum.Changed() == 0 { // nobody knows that there are no changes
			o.Text = count(stacks, "stack")
		}
		for _, bad := range []struct {
			n    int
			word string
		}{{failed, "failed"}, {waiting, "waiting"}, {blocked, "blocked"}} {
			if bad.n > 0 {
				o.State = gitops.StatusFailure
				o.Text += fmt.Sprintf(", %d %s", bad.n, bad.word)
			}
		}
		out = append(out, o)
	}
	for _, l := range doc.Left {
		out = append(out, comment.Outcome{Environment: l.Environment, State: gitops.StatusSuccess, Text: "removed, and stays deployed"})
	}
	return out
}

// environmentsOf are those of the head in their order, then others that something
// is said about.
func environmentsOf(doc review.Document) []string {
	out := slices.Clone(doc.Environments)
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, r := range doc.Stacks {
		add(r.Stack.Environment)
	}
	for _, v := range doc.Violations {
		add(v.Stack.Environment)
	}
	return out
}

// signs writes a summary in as few characters as possible.
func signs(s gitops.Summary) string {
	var parts []string
	for _, p := range []struct {
		n    int
		sign string
	}{{s.Create, "+"}, {s.Update, "~"}, {s.Replace, "±"}, {s.Delete, "-"}} {
		if p.n > 0 {
			parts = append(parts, p.sign+strconv.Itoa(p.n))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, " ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// checkRun is the document as a report with remarks on lines.
func checkRun(doc review.Document, o review.MarkdownOptions, dir string) *gitops.CheckRun {
	c := &gitops.CheckRun{Name: comment.Aggregate, State: gitops.StatusSuccess, URL: o.Link,
		Title: review.Counts(doc.Summary(), true), Summary: review.Markdown(doc, o), Annotations: Remarks(doc, dir)}
	if doc.Failure != nil || verdict(doc) != nil {
		c.State = gitops.StatusFailure
	}
	return c
}
