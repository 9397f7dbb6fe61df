package driver

import (
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// watcher turns the engine's steps into progress on resources.
type watcher struct {
	d  *Driver
	id gitops.StackID

	mu    sync.Mutex
	begun map[string]time.Time
}

func (d *Driver) watch(id gitops.StackID) *watcher {
	return &watcher{d: d, id: id, begun: map[string]time.Time{}}
}

func (w *watcher) observe(e automation.Event) {
	s := e.Step
	if s == nil || s.Internal || s.Stack {
		return
	}
	op, ok := operation(s)
	if !ok || op == gitops.OpSame {
		return
	}
	p := gitops.ResourceProgress{Stack: w.id, URN: s.URN, Type: s.Type, Name: s.Name, Op: op}
	w.mu.Lock()
	now := w.d.now()
	switch s.Phase {
	case automation.StepPlanned:
		p.State = gitops.RunRunning
		w.begun[s.URN+s.Op] = now
	case automation.StepFailed:
		p.State = gitops.RunFailed
	default:
		p.State = gitops.RunSucceeded
	}
	if t, ok := w.begun[s.URN+s.Op]; ok {
		p.Took = now.Sub(t)
	}
	w.mu.Unlock()
	w.d.report(gitops.Progress{Resource: &p})
}
