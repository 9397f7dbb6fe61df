package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
)

// world is where rows happen, one after the other: an emulator, an engine with
// a provider that stays warm, and a directory.
type world struct {
	emulator   *emulator
	engine     *automation.Command
	home       string
	pulumiHome string
	verbose    bool
}

// outcome is how a row went.
type outcome struct {
	row      row
	problems []problem
	amended  []string // what the emulator got wrong and was put right
	took     time.Duration
}

// all runs the rows in several worlds, and returns the outcomes in the order of
// the rows and the peak memory of the processes by name.
func all(ctx context.Context, o options, t tools, home string) ([]outcome, memory) {
	chosen := slices.DeleteFunc(rows(), func(r row) bool { return o.bounded && r.slow || !o.only.MatchString(r.name) })
	out := make([]outcome, len(chosen))
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range chosen {
			next <- i
		}
	}()
	peak := newMemory()
	var worlds sync.WaitGroup
	for n := range min(o.parallel, len(chosen)) {
		worlds.Go(func() {
			w, err := newWorld(ctx, t, filepath.Join(home, fmt.Sprint("world-", n)), o.verbose)
			for i := range next {
				began := time.Now()
				out[i] = outcome{row: chosen[i], problems: w.run(ctx, chosen[i], err), took: time.Since(began)}
				if err == nil {
					out[i].amended = w.emulator.used()
				}
			}
			if err == nil {
				peak.measure()
				w.close()
			}
		})
	}
	worlds.Wait()
	return out, peak
}

func newWorld(ctx context.Context, t tools, home string, verbose bool) (*world, error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	e, err := start(ctx, t, home)
	if err != nil {
		return nil, err
	}
	return &world{emulator: e, engine: automation.New(automation.Environ()), home: home, pulumiHome: t.pulumiHome, verbose: verbose}, nil
}

func (w *world) close() {
	_ = w.engine.Close() // the suite is over
	w.emulator.stop()
}

func (w *world) say(format string, args ...any) {
	if w.verbose {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

// run tells one row in an emulator that knows of nothing.
func (w *world) run(ctx context.Context, r row, err error) []problem {
	if err == nil {
		err = w.emulator.reset(ctx)
	}
	if err != nil {
		return []problem{{step: "start", what: err.Error()}}
	}
	return tell(ctx, r, w)
}
