package driver

import (
	"fmt"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// waiting tells a person that a run waits for its stack, and that it goes on.
type waiting struct {
	d   *Driver
	run gitops.RunProgress

	mu   sync.Mutex
	over bool // or never begun
}

func (d *Driver) waiting(id gitops.StackID, a action) *waiting {
	return &waiting{d: d, run: gitops.RunProgress{Stack: id, Operation: a.operation, DryRun: a.dry, State: gitops.RunRunning}, over: true}
}

// options make an operation wait, unless the person does not want to.
func (w *waiting) options() []automation.Option {
	if w.d.opts.NoWait {
		return nil
	}
	return []automation.Option{automation.Wait(func(_ string, l automation.Waiting) { w.begin(l) })}
}

func (w *waiting) begin(l automation.Waiting) {
	w.mu.Lock()
	w.over = false
	w.mu.Unlock()
	p := w.run
	p.Detail = waitText(l)
	w.d.report(gitops.Progress{Run: &p})
}

// end says that the run goes on, when it has waited.
func (w *waiting) end() {
	w.mu.Lock()
	over := w.over
	w.over = true
	w.mu.Unlock()
	if !over {
		p := w.run
		w.d.report(gitops.Progress{Run: &p})
	}
}

// waitText is "for ana@laptop pid 4711 (update since 12:04:05), next in line".
func waitText(l automation.Waiting) string {
	text := fmt.Sprintf("for %s (%s since %s)", l.Lease.Holder, l.Lease.Operation, l.Lease.Since.Local().Format(time.TimeOnly))
	switch {
	case l.Position == 1:
		text += ", next in line"
	case l.Position > 1:
		text += fmt.Sprintf(", number %d in line", l.Position)
	}
	return text
}
