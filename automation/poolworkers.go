package automation

import (
	"errors"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// do runs a call on a worker. A worker that died before the call began is not
// the call's fault: the next one takes it.
func (w *workers) do(c *call) (*endFrame, error) {
	select {
	case w.slots <- struct{}{}:
	case <-c.ctx.Done():
		return nil, gitops.Errorf(gitops.Cancelled, "pulumi was cancelled before it started: %w", c.ctx.Err())
	}
	defer func() { <-w.slots }()
	for tries := 0; ; tries++ {
		k, err := w.take(c)
		if err != nil {
			return nil, err
		}
		end, err := k.serve(c)
		w.put(k, end)
		if !errors.Is(err, errNotBegun) || tries > w.cfg.Size+w.cfg.Spare {
			return end, err
		}
	}
}

// take gives the call a worker: one that waits, or a new one.
func (w *workers) take(c *call) (*worker, error) {
	k, old, err := w.pick(c)
	for _, o := range old {
		w.retire(o)
	}
	if k != nil || err != nil {
		w.fill()
		return k, err
	}
	if k, err = w.start(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.busy[k] = c
	w.mu.Unlock()
	w.fill()
	return k, nil
}

// pick takes a waiting worker, and those that have become too old.
func (w *workers) pick(c *call) (k *worker, old []*worker, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, gitops.Errorf(gitops.Failed, "run pulumi: %w", errClosed)
	}
	for k == nil && len(w.idle) > 0 {
		last := len(w.idle) - 1
		k = w.idle[last]
		w.idle = w.idle[:last]
		if w.worn(k) {
			old, k = append(old, k), nil
		}
	}
	if k != nil {
		w.busy[k] = c
	}
	return k, old, nil
}

// worn tells whether the worker is due to be replaced.
func (w *workers) worn(k *worker) bool {
	return k.runs >= w.cfg.MaxRuns || k.resident > w.cfg.MaxMemory || w.cfg.Now().Sub(k.started) >= w.cfg.MaxAge
}

// put takes a worker back after a call, or ends it. end is nil when it failed.
func (w *workers) put(k *worker, end *endFrame) {
	k.runs++
	if end != nil {
		k.resident = end.Resident
	}
	w.mu.Lock()
	delete(w.busy, k)
	keep := end != nil && !w.closed && !w.worn(k) && len(w.idle)+w.starting < w.cfg.Size+w.cfg.Spare
	if keep {
		w.idle = append(w.idle, k)
	}
	w.mu.Unlock()
	if !keep {
		w.retire(k)
		w.fill()
	}
}

// fill starts workers in the background until the spare ones are there.
func (w *workers) fill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && len(w.idle)+w.starting < w.cfg.Spare {
		w.starting++
		w.gone.Go(w.startSpare)
	}
}

// startSpare starts one worker for later. One that does not start is left: the
// call that needs one tries again and reports why.
func (w *workers) startSpare() {
	k, err := w.start()
	w.mu.Lock()
	w.starting--
	keep := err == nil && !w.closed
	if keep {
		w.idle = append([]*worker{k}, w.idle...)
	}
	w.mu.Unlock()
	if err == nil && !keep {
		w.retire(k)
	}
}

// cancel stops the call that runs the same stack from the same directory, and
// tells whether there is one.
func (w *workers) cancel(c *call) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, running := range w.busy {
		if running.dir == c.dir && running.stack == c.stack && c.stack != "" && running.isOperation() {
			_ = k.in.write(toWorker{Call: k.number.Load(), Cancel: true}) // one that died has nothing to stop
			fmt.Fprintf(c.out, "The currently running update for '%s' has been canceled!\n", c.stack)
			return true
		}
	}
	return false
}
