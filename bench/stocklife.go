package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"golang.org/x/sync/errgroup"
)

const (
	smallStacks   = 20
	smallThings   = 2
	atOnce        = 2
	wantLifecycle = 30
)

// phase is one call of the Automation API on every stack.
type phase struct {
	name string
	call func(ctx context.Context, i int) error
}

// lifecycle measures the life of small stacks, from upsert to removal, the same
// calls over the CLI and in this process.
func lifecycle(ctx context.Context, w *workplace) (_ []table, err error) {
	cli, err := w.stockCLI(ctx)
	if err != nil {
		return nil, err
	}
	phrase, err := w.ours("in process, passphrase", "", "passphrase")
	if err != nil {
		return nil, err
	}
	key, err := w.ours("in process, key file", "", "")
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("%d stacks of a component and %d resources, their whole life through the Automation API, %d at a time", smallStacks, smallThings, atOnce)
	t, err := race(ctx, title, []*rival{cli, phrase, key})
	if err != nil {
		return nil, err
	}
	t.add("target", "", "", "", fmt.Sprintf("≥ %d×", wantLifecycle), fmt.Sprintf("≥ %d×", wantLifecycle))
	return []table{t}, nil
}

// race takes rivals through the phases; the first is what the others are
// compared to.
func race(ctx context.Context, title string, rivals []*rival) (t table, err error) {
	t = table{title: title, head: []string{""}}
	var times [][]time.Duration
	var names []string
	for i, r := range rivals {
		t.head = append(t.head, r.name)
		took, phases, err := live(ctx, r)
		if err = errors.Join(err, r.close()); err != nil {
			return t, fmt.Errorf("%s: %w", r.name, err)
		}
		times = append(times, took)
		if i == 0 {
			names = phases
		}
	}
	for range rivals[1:] {
		t.head = append(t.head, "ratio")
	}
	sums := make([]time.Duration, len(rivals))
	for i, name := range names {
		row := make([]time.Duration, len(rivals))
		for j := range rivals {
			row[j] = times[j][i]
			sums[j] += row[j]
		}
		t.add(beside(name, row)...)
	}
	t.add(beside("whole", sums)...)
	return t, nil
}

// beside is a row of times and of the ratios of the first to the others.
func beside(name string, row []time.Duration) []string {
	cells := []string{name}
	for _, d := range row {
		cells = append(cells, millis(d))
	}
	for _, d := range row[1:] {
		cells = append(cells, ratio(row[0], d))
	}
	return cells
}

// live takes small stacks through their life.
func live(ctx context.Context, r *rival) (took []time.Duration, names []string, err error) {
	stacks := make([]auto.Stack, smallStacks)
	value := "a"
	phases := []phase{
		{"upsert", func(ctx context.Context, i int) (err error) {
			stacks[i], err = r.stack(ctx, fmt.Sprintf("dev%d", i), things(smallThings, &value))
			return err
		}},
		{"set settings, one secret", func(ctx context.Context, i int) error {
			return stacks[i].SetAllConfig(ctx, auto.ConfigMap{"size": {Value: "1"}, "password": {Value: "hush", Secret: true}})
		}},
		{"preview", func(ctx context.Context, i int) error { _, err := stacks[i].Preview(ctx); return err }},
		{"up", func(ctx context.Context, i int) error { _, err := stacks[i].Up(ctx); return err }},
		{"preview, nothing changed", func(ctx context.Context, i int) error { _, err := stacks[i].Preview(ctx); return err }},
		{"refresh", func(ctx context.Context, i int) error { _, err := stacks[i].Refresh(ctx); return err }},
		{"outputs", func(ctx context.Context, i int) error { _, err := stacks[i].Outputs(ctx); return err }},
		{"destroy", func(ctx context.Context, i int) error { _, err := stacks[i].Destroy(ctx); return err }},
		{"remove", func(ctx context.Context, i int) error {
			return stacks[i].Workspace().RemoveStack(ctx, stacks[i].Name())
		}},
	}
	for _, p := range phases {
		begin := time.Now()
		if err := each(ctx, smallStacks, p.call); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.name, err)
		}
		took, names = append(took, time.Since(begin)), append(names, p.name)
	}
	return took, names, nil
}

// each calls f for every stack, a few at a time.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		g.Go(func() error { return f(ctx, i) })
	}
	return g.Wait()
}
