package delivery

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Remarks are what a document says about lines: what keeps anything from running,
// what policies found, what is lost. dir is the directory of the estate in the
// repository.
func Remarks(doc review.Document, dir string) []gitops.Annotation {
	var out []gitops.Annotation
	add := func(source, level, title, message string) {
		file, line, n := place(source)
		a := gitops.Annotation{File: path.Join(dir, file), Line: line, Level: level, Title: title, Message: message}
		if n && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	failures := []error{doc.Failure}
	for _, r := range doc.Stacks {
		failures = append(failures, r.Err)
	}
	for _, err := range failures {
		for _, p := range placed(err) {
			add(p.Where, "failure", "trunkline", p.What)
		}
	}
	for _, v := range doc.Violations {
		level := "warning"
		if v.Blocks() {
			level = "failure"
		}
		add(v.Source, level, v.Policy, v.Message)
	}
	for _, r := range doc.Stacks {
		for _, l := range lossesOf(doc, r) {
			add(l.source, "warning", fmt.Sprintf("%s: %s", r.Stack, l.title()), strings.Join(l.lines, "\n"))
		}
	}
	return out
}

// loss is what one line of the estate loses in one stack.
type loss struct {
	source                     string
	deleted, replaced, perhaps int
	lines                      []string
}

// mostLosses is how many resources one remark names.
const mostLosses = 20

// lossesOf are the losses of a run, by line.
func lossesOf(doc review.Document, r gitops.RunResult) []*loss {
	var out []*loss
	for _, ch := range r.Changes.Changes {
		if !ch.Op.IsDestructive() || ch.Failed {
			continue
		}
		i := slices.IndexFunc(out, func(l *loss) bool { return l.source == ch.Source })
		if i < 0 {
			i = len(out)
			out = append(out, &loss{source: ch.Source})
		}
		l, what := out[i], string(ch.Op)
		switch {
		case ch.Op == gitops.OpDelete:
			l.deleted++
		case doc.MayReplace(r, ch):
			l.perhaps++
			what = "may replace"
		default:
			l.replaced++
		}
		switch {
		case len(l.lines) < mostLosses:
			l.lines = append(l.lines, what+" "+ch.Type+" "+ch.Name)
		case len(l.lines) == mostLosses:
			l.lines = append(l.lines, "…")
		}
	}
	return out
}

// title counts what is lost: "2 resources deleted, 1 replaced".
func (l *loss) title() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{l.deleted, "deleted"}, {l.replaced, "replaced"}, {l.perhaps, "perhaps replaced"}} {
		switch {
		case p.n > 0 && len(parts) == 0:
			parts = append(parts, count(p.n, "resource")+" "+p.what)
		case p.n > 0:
			parts = append(parts, strconv.Itoa(p.n)+" "+p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// place takes "file:line" or "file:line:col" apart.
func place(source string) (file string, line int, ok bool) {
	file, rest, found := strings.Cut(source, ":")
	digits, _, _ := strings.Cut(rest, ":")
	line, err := strconv.Atoi(digits)
	return file, line, found && err == nil && line > 0
}

// placed is what an error says about places.
func placed(err error) []program.Problem {
	switch e := err.(type) { // each error of a tree by itself, so errors.As is no help
	case nil:
		return nil
	case *program.CompileError:
		return e.Problems
	case *settings.Error:
		var out []program.Problem
		for _, p := range e.Problems {
			out = append(out, program.Problem{Where: p.Pos.String(), What: strings.TrimPrefix(p.String(), p.Pos.String()+": ")})
		}
		return out
	case *gitops.Error:
		if e.Where != "" {
			return []program.Problem{{Where: e.Where, What: strings.TrimPrefix(e.Error(), e.Where+": ")}}
		}
		return placed(e.Err)
	case interface{ Unwrap() []error }:
		var out []program.Problem
		for _, one := range e.Unwrap() {
			out = append(out, placed(one)...)
		}
		return out
	case interface{ Unwrap() error }:
		return placed(e.Unwrap())
	}
	return nil
}
