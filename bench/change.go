package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// phases are the names in the timings of a preview, in the order of the work.
var phases = []string{"checkout", "build", "start", "engine"}

// change measures where the time of a preview goes, before and after one line
// of a component changed.
func change(ctx context.Context, w *workplace) ([]table, error) {
	bin, err := w.trunkline(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := w.threeStacks(ctx)
	if err != nil {
		return nil, err
	}
	preview := []string{"preview", "-e", "dev", "--non-interactive", "-o", "json", "--timings"}
	if _, err := execute(ctx, dir, bin, preview...); err != nil { // fills the caches
		return nil, err
	}
	t := table{title: "Preview of three stacks, where the time goes", head: slices.Concat([]string{""}, phases, []string{"rest", "whole", "build share"})}
	edit := func() error { return edit(filepath.Join(dir, "components", "queue", "queue.go")) }
	commit := func() error {
		if err := edit(); err != nil {
			return err
		}
		return commit(ctx, dir, "Change one line")
	}
	rows := []struct {
		name   string
		before func() error
		args   []string
	}{
		{"nothing changed", nothing, preview},
		{"one line changed", edit, preview},
		{"one line changed, clean checkout", commit, slices.Concat(preview, []string{"--at", "HEAD"})},
		{"the same commit again", nothing, slices.Concat(preview, []string{"--at", "HEAD"})},
	}
	for _, r := range rows {
		if err := r.before(); err != nil {
			return nil, err
		}
		f, err := execute(ctx, dir, bin, r.args...)
		if err != nil {
			return nil, err
		}
		cells, err := row(f)
		if err != nil {
			return nil, err
		}
		t.add(append([]string{r.name}, cells...)...)
	}
	return []table{t}, nil
}

// row reads the phases of one preview.
func row(f finished) ([]string, error) {
	var doc struct {
		TimingsMS map[string]int64 `json:"timingsMs"`
	}
	if err := json.Unmarshal(f.out, &doc); err != nil {
		return nil, fmt.Errorf("preview -o json: %w", err)
	}
	rest := f.wall
	var cells []string
	for _, p := range phases {
		took := time.Duration(doc.TimingsMS[p]) * time.Millisecond
		rest -= took
		cells = append(cells, millis(took))
	}
	build := time.Duration(doc.TimingsMS["build"]) * time.Millisecond
	return append(cells, millis(rest), millis(f.wall), share(build, f.wall)), nil
}

// edit adds one line to a Go file that changes nothing of what it does.
func edit(file string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString("\n// One more line.\n"); err != nil {
		_ = f.Close() // the first error is the one that tells
		return err
	}
	return f.Close()
}
