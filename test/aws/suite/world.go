package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	before     models // what the emulator has before anybody asked for anything
}

// outcome is how a row went.
type outcome struct {
	row      row
	problems []problem
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
		err = w.clean(ctx)
	}
	if err != nil {
		return []problem{{step: "start", what: err.Error()}}
	}
	return tell(ctx, r, w)
}

// clean resets the emulator and notes what it has by itself: it makes the
// default VPC of a region when somebody asks for it.
func (w *world) clean(ctx context.Context) error {
	if err := w.emulator.reset(ctx); err != nil {
		return err
	}
	if _, err := w.emulator.aws(ctx, "ec2", "describe-vpcs"); err != nil {
		return err
	}
	var err error
	w.before, err = w.models(ctx)
	return err
}

// models is what an emulator has: "ec2 Vpc" → its objects, as text.
type models map[string][]string

// models asks the emulator for everything that it has, in all regions.
func (w *world) models(ctx context.Context) (models, error) {
	text, err := w.emulator.get(ctx, "/moto-api/data.json")
	if err != nil {
		return nil, err
	}
	var all map[string]map[string][]map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("what the emulator has: %w", err)
	}
	out := models{}
	for service, kinds := range all {
		for kind, objects := range kinds {
			for _, object := range objects {
				out[service+" "+kind] = append(out[service+" "+kind], label(object))
			}
		}
	}
	return out, nil
}

// label names an object by what it has that is most like a name.
func label(object map[string]any) string {
	for _, key := range []string{"arn", "id", "name"} {
		if v, ok := object[key].(string); ok && v != "" {
			return v
		}
	}
	return "?"
}

// own are models that the emulator works with, and not resources.
var own = []string{
	"ec2 EC2Backend", "ec2 Ami", "ec2 Snapshot", "ec2 Volume", "iam AWSManagedPolicy", "iam AccountSummary", "s3 FakeGrantee",
}

// left lists what the emulator has more than before, except what is kept.
func (w *world) left(ctx context.Context, kept map[string]string) (out []string, _ error) {
	now, err := w.models(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range slices.Sorted(maps.Keys(now)) {
		if _, ok := kept[kind]; ok || slices.Contains(own, kind) {
			continue
		}
		more := len(now[kind]) - len(w.before[kind])
		if more <= 0 {
			continue
		}
		names := slices.DeleteFunc(slices.Clone(now[kind]), func(n string) bool { return slices.Contains(w.before[kind], n) })
		out = append(out, fmt.Sprintf("%d %s: %s", more, kind, cmp.Or(strings.Join(names, ", "), "no name")))
	}
	return out, nil
}
