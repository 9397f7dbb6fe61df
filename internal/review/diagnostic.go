package review

import (
	"errors"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// diagnosticLines are a stack's warnings, then its errors, each once, then why
// the run failed and what to do about it.
func diagnosticLines(r gitops.RunResult) []Line {
	var out []Line
	seen := map[string]bool{}
	shown := ""
	for _, severity := range []string{"warning", "error"} {
		for _, d := range r.Diagnostics {
			text := message(d)
			if d.Severity != severity || seen[severity+text] || text == "" {
				continue
			}
			seen[severity+text] = true
			shown += text + "\n"
			style := Warning
			if severity == "error" {
				style = Failure
			}
			out = append(out, messageLines(severity+": ", style, text)...)
		}
	}
	if r.Err == nil {
		return out
	}
	for _, e := range flatten(r.Err) {
		out = append(out, errorLines(e, shown)...)
	}
	return out
}

// message is a diagnostic's text with the resource it is about in front.
func message(d gitops.Diagnostic) string {
	text := strings.TrimSpace(d.Message)
	typ, name := urnParts(d.URN)
	if d.URN == "" || typ == stackType || typ == "" {
		return text
	}
	return typ + " " + name + ": " + text
}

// messageLines puts a label before the first line of a text and aligns the
// others below it.
func messageLines(label string, style Style, text string) []Line {
	var out []Line
	for i, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		head := Span{label, style}
		if i > 0 {
			head = Span{strings.Repeat(" ", len(label)), Normal}
		}
		out = append(out, Line{head, {Clean(strings.ReplaceAll(part, "\t", "    ")), Normal}})
	}
	return out
}

// ErrorLines shows an error the way every command does: what failed, where, and
// what to do next. Joined errors are shown one by one.
func ErrorLines(err error) []Line {
	var out []Line
	for _, e := range flatten(err) {
		out = append(out, errorLines(e, "")...)
	}
	return out
}

// errorLines shows one error. What was already shown is not said again.
func errorLines(err error, shown string) []Line {
	text := err.Error()
	where, next := placeAndNext(err)
	if where != "" {
		text = strings.Replace(text, where+": ", "", 1)
	}
	var out []Line
	if text = strings.TrimSpace(text); !strings.Contains(shown, text) {
		out = messageLines("error: ", Failure, text)
	}
	if where != "" {
		out = append(out, Line{{"  --> ", Faint}, {Clean(where), Normal}})
	}
	if next != "" {
		out = append(out, messageLines("  next: ", Success, next)...)
	}
	return out
}

// placeAndNext finds the outermost place and the outermost advice in the chain
// of an error.
func placeAndNext(err error) (where, next string) {
	var e *gitops.Error
	for errors.As(err, &e) {
		if where == "" {
			where = e.Where
		}
		if next == "" {
			next = e.Next
		}
		err = e.Err
	}
	return where, next
}

// flatten returns the parts of joined errors, in order.
func flatten(err error) []error {
	if e, ok := err.(*gitops.Error); ok && e.What == "" && e.Where == "" && e.Next == "" && e.Err != nil {
		if parts := flatten(e.Err); len(parts) > 1 {
			return parts
		}
		return []error{err} // its kind is worth keeping
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	if joinedText(joined.Unwrap()) != err.Error() {
		return []error{err} // a sentence around several causes
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

func joinedText(errs []error) string {
	texts := make([]string, 0, len(errs))
	for _, e := range errs {
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "\n")
}
