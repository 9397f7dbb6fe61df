package review

import (
	"cmp"
	"errors"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// diagnosticLines are a stack's warnings, then its errors, each once and with the
// line of the program that asked for the resource, then what its failure adds to
// them: why, and what to do about it.
func diagnosticLines(r gitops.RunResult) []Line {
	var out []Line
	told := map[string]bool{}
	for _, severity := range []string{"warning", "error"} {
		seen := map[string]bool{}
		for _, d := range r.Diagnostics {
			text := message(d)
			if d.Severity != severity || seen[text] || text == "" {
				continue
			}
			seen[text] = true
			for line := range strings.Lines(text) {
				told[strings.TrimSpace(line)] = true
			}
			style := Warning
			if severity == "error" {
				style = Failure
			}
			out = append(out, messageLines(severity+": ", style, text)...)
			if where := source(r.Changes, d.URN); where != "" && severity == "error" {
				out = append(out, placeLine(where))
			}
		}
	}
	if r.Err == nil {
		return out
	}
	for _, e := range flatten(r.Err) {
		out = append(out, errorLines(e, told)...)
	}
	return out
}

// source is where the program asks for a resource that changes.
func source(set gitops.ChangeSet, urn string) string {
	for _, c := range set.Changes {
		if c.URN == urn {
			return c.Source
		}
	}
	return ""
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
		out = append(out, errorLines(e, nil)...)
	}
	return out
}

// errorLines shows one error. A cause whose lines were told already is not said
// again, only what to do about it.
func errorLines(err error, told map[string]bool) []Line {
	text := err.Error()
	where, next := placeAndNext(err)
	if where != "" {
		text = strings.Replace(text, where+": ", "", 1)
	}
	var out []Line
	if !isTold(err, told) {
		out = messageLines("error: ", Failure, strings.TrimSpace(text))
	}
	if where != "" {
		out = append(out, placeLine(where))
	}
	if next != "" {
		out = append(out, messageLines("  next: ", Success, next)...)
	}
	return out
}

func placeLine(where string) Line { return Line{{"  --> ", Faint}, {Clean(where), Normal}} }

// isTold tells whether an error says nothing but what was told.
func isTold(err error, told map[string]bool) bool {
	for line := range strings.Lines(causeOf(err)) {
		if line = strings.TrimSpace(line); line != "" && !told[line] {
			return false
		}
	}
	return true
}

// causeOf returns the text of an error without that the operation failed, which
// says no more than its causes.
func causeOf(err error) string {
	var read readError
	if errors.As(err, &read) {
		return cmp.Or(read.e.Cause, read.e.Message)
	}
	var e *gitops.Error
	for errors.As(err, &e) && e.Err != nil && (e.What == "" || strings.HasSuffix(e.What, " failed")) {
		err = e.Err
	}
	return err.Error()
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
	if err == nil {
		return nil
	}
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
