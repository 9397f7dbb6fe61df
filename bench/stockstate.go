package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const manyThings = 1000

// states measures updates of one big stack: the state is written while they
// run.
func states(ctx context.Context, w *workplace) ([]table, error) {
	cli, err := w.stockCLI(ctx)
	if err != nil {
		return nil, err
	}
	cli.name = "stock CLI, file backend"
	here, err := w.ours("in process, SQLite, fsync on", "", "")
	if err != nil {
		return nil, err
	}
	t, err := updates(ctx, fmt.Sprintf("up of %d resources", manyThings), manyThings, []*rival{cli, here})
	if err != nil {
		return nil, err
	}
	t.add("target, create and change", "", "", "≥ 50×")
	return []table{t}, nil
}

// updates takes rivals through updates of a stack of n things; the first rival
// is what the others are compared to.
func updates(ctx context.Context, title string, n int, rivals []*rival) (table, error) {
	t := table{title: title, head: []string{""}}
	names := []string{"create", "change all", "no change"}
	times := map[string][]time.Duration{}
	for _, r := range rivals {
		t.head = append(t.head, r.name)
		took, err := grow(ctx, r, n)
		if err = errors.Join(err, r.close()); err != nil {
			return t, fmt.Errorf("%s: %w", r.name, err)
		}
		for i, name := range names {
			times[name] = append(times[name], took[i])
		}
	}
	for range rivals[1:] {
		t.head = append(t.head, "ratio")
	}
	for _, name := range names {
		t.add(beside(name, times[name])...)
	}
	return t, nil
}

// grow creates n things, changes all of them, and changes nothing.
func grow(ctx context.Context, r *rival, n int) ([]time.Duration, error) {
	value := "a"
	s, err := r.stack(ctx, "big", things(n, &value))
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, v := range []string{"a", "b", "b"} {
		value = v
		begin := time.Now()
		if _, err := s.Up(ctx); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin))
	}
	return took, nil
}
