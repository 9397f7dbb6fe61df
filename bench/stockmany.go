package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/test/small"
)

const (
	manyStacks       = 200
	manyEnvironments = 67 // of three stacks each, the last one without the third
)

// many measures a preview of a big estate in which nothing has changed, as one
// command, beside a loop over the stock CLI on stacks of the same sizes.
func many(ctx context.Context, w *workplace) ([]table, error) {
	bin, err := w.trunkline(ctx)
	if err != nil {
		return nil, err
	}
	dir, names, err := w.bigEstate(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := execute(ctx, dir, bin, "up", "-e", strings.Join(names, ","), "--yes", "--non-interactive"); err != nil {
		return nil, err
	}
	var whole finished
	memory, err := peak(ctx, func(ctx context.Context) (err error) {
		whole, err = execute(ctx, dir, bin, "preview", "--non-interactive", "--expect-no-changes", "-o", "json")
		return err
	})
	if err != nil {
		return nil, err
	}
	sizes, err := sizesOf(whole.out)
	if err != nil {
		return nil, err
	}
	wall, rivalMemory, err := loop(ctx, w, sizes)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range sizes {
		total += n
	}
	t := table{
		title: fmt.Sprintf("Preview of %d stacks, %d resources, nothing changed", len(sizes), total),
		head:  []string{"", "wall", "peak memory", "ratio"},
	}
	t.add(fmt.Sprintf("stock CLI, a preview per stack, %d at a time", atOnce), millis(wall), mebi(rivalMemory), "1.0×")
	t.add("trunkline preview, the whole command", millis(whole.wall), mebi(memory), ratio(wall, whole.wall))
	t.add("target", "", "", "≥ 50×")
	return []table{t}, nil
}

// bigEstate makes a repository of an estate of small stacks with many environments.
func (w *workplace) bigEstate(ctx context.Context) (dir string, names []string, err error) {
	dir = filepath.Join(w.dir, "big")
	err = newEstate(ctx, dir, func() (err error) {
		if err = small.Write(dir, module); err == nil {
			names, err = spread(filepath.Join(dir, "environments"), manyEnvironments, manyStacks)
		}
		return err
	})
	return dir, names, err
}

// sizesOf reads how many resources each stack of a preview has.
func sizesOf(preview []byte) ([]int, error) {
	var doc struct {
		Stacks []struct {
			Summary map[string]int `json:"summary"`
		} `json:"stacks"`
	}
	if err := json.Unmarshal(preview, &doc); err != nil {
		return nil, fmt.Errorf("preview -o json: %w", err)
	}
	var sizes []int
	for _, s := range doc.Stacks {
		sizes = append(sizes, s.Summary["same"])
	}
	if len(sizes) != manyStacks {
		return nil, fmt.Errorf("the preview has %d stacks, want %d", len(sizes), manyStacks)
	}
	return sizes, nil
}

// loop previews stacks of these sizes with the stock CLI.
func loop(ctx context.Context, w *workplace, sizes []int) (wall time.Duration, memory int64, err error) {
	cli, err := w.stockCLI(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, cli.close()) }()
	stacks := make([]auto.Stack, len(sizes))
	value := "a"
	fmt.Fprintf(os.Stderr, "bench: making %d stacks with the stock CLI: minutes\n", len(sizes))
	if err := each(ctx, len(sizes), func(ctx context.Context, i int) (err error) {
		// The stack and the component count as resources, too.
		if stacks[i], err = cli.stack(ctx, fmt.Sprintf("many%d", i), things(max(1, sizes[i]-2), &value)); err == nil {
			_, err = stacks[i].Up(ctx)
		}
		return err
	}); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	memory, err = peak(ctx, func(ctx context.Context) error {
		return each(ctx, len(sizes), func(ctx context.Context, i int) error { _, err := stacks[i].Preview(ctx); return err })
	})
	return time.Since(begin), memory, err
}
