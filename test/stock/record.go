package stock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Observation is what one step of a program showed.
type Observation struct {
	Step  string
	Facts []Fact
}

// Fact is one thing that was seen: text that the sides must agree on.
type Fact struct{ Name, Text string }

// note adds a fact. Empty text is a fact, too: the other side may have said
// something.
func (o *Observation) note(name, text string) {
	o.Facts = append(o.Facts, Fact{name, text})
}

// value notes anything as JSON.
func (o *Observation) value(name string, v any) {
	o.note(name, lines(v))
}

// failed notes how a call ended: the first line of the error, the exit code and
// what the functions of auto make of it. Its stdout and stderr are facts of
// their own.
func (o *Observation) failed(err error) {
	if err == nil {
		o.note("error", "")
		return
	}
	head, rest, _ := strings.Cut(err.Error(), "\ncode: ")
	code, _, _ := strings.Cut(rest, "\n")
	if rest == "" {
		code = "none"
	}
	o.note("error", fmt.Sprintf("%s\ncode %s\nconcurrent %t, no stack %t, stack exists %t, compilation %t, runtime %t",
		head, code, auto.IsConcurrentUpdateError(err), auto.IsSelectStack404Error(err), auto.IsCreateStack409Error(err),
		auto.IsCompilationError(err), auto.IsRuntimeError(err)))
}

// Run makes the world take the steps one after another.
func (w *World) Run(steps []Step) {
	w.Helper()
	for i, s := range steps {
		if err := w.Context().Err(); err != nil {
			w.Fatal(err)
		}
		w.cmd.take()
		w.Cloud.Take()
		o := Observation{Step: fmt.Sprintf("%d %s", i+1, s.Name)}
		s.Do(w, &o)
		w.commands(&o)
		o.note("provider", strings.Join(w.Cloud.Take(), "\n"))
		for j, f := range o.Facts {
			o.Facts[j].Text = w.clean(f.Text)
		}
		w.Seen = append(w.Seen, o)
	}
}

// operations are the commands whose output people read.
var operations = []string{"up", "preview", "refresh", "destroy", "import"}

// commands notes the command lines of the step with their exit codes, what
// operations printed, and what the others complained about.
func (w *World) commands(o *Observation) {
	var lines []string
	for _, c := range w.cmd.take() {
		verb := c.verb()
		lines = append(lines, fmt.Sprintf("%s → %d", verb, c.code))
		first, _, _ := strings.Cut(verb, " ")
		if slices.Contains(operations, first) {
			o.note("stdout", rows(c.stdout))
		}
		if c.stderr != "" {
			o.note("stderr of "+first, c.stderr)
		}
	}
	o.note("commands", strings.Join(lines, "\n"))
}
