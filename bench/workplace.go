package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/test/small"
)

// workplace is a temporary directory in which the benches find what several of
// them need.
type workplace struct {
	dir    string
	binary string
	estate string
}

// finished is a command that ran to its end.
type finished struct {
	out  []byte
	wall time.Duration
	// cpu is the processor time of the command and of what it waited for.
	cpu time.Duration
}

// trunkline compiles the command once and returns its path.
func (w *workplace) trunkline(ctx context.Context) (string, error) {
	if w.binary != "" {
		return w.binary, nil
	}
	path := filepath.Join(w.dir, "trunkline")
	if _, err := execute(ctx, "", "go", "build", "-o", path, "github.com/trunkline-dev/trunkline/cmd/trunkline"); err != nil {
		return "", err
	}
	w.binary = path
	return path, nil
}

// repository makes a Git repository of the reference estate once and returns
// its directory.
func (w *workplace) repository(ctx context.Context) (string, error) {
	if w.estate != "" {
		return w.estate, nil
	}
	dir := filepath.Join(w.dir, "estate")
	err := newEstate(ctx, dir, func() error { return nil })
	w.estate = dir
	return dir, err
}

// threeStacks makes a Git repository of the estate of small stacks and returns its
// directory.
func (w *workplace) threeStacks(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp(w.dir, "small-")
	if err != nil {
		return "", err
	}
	return dir, newEstate(ctx, dir, func() error { return small.Write(dir, module) })
}

// newEstate makes a repository of the reference estate, after it was changed.
func newEstate(ctx context.Context, dir string, change func() error) error {
	if err := os.CopyFS(dir, trunkline.Estate); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(".trunkline/\n"), 0o600); err != nil {
		return err
	}
	if _, err := execute(ctx, dir, "git", "init", "-q", "-b", "main"); err != nil {
		return err
	}
	return commit(ctx, dir, "The estate")
}

func commit(ctx context.Context, dir, message string) error {
	if _, err := execute(ctx, dir, "git", "add", "-A"); err != nil {
		return err
	}
	_, err := execute(ctx, dir, "git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", message)
	return err
}

// nested is the directory of a module below test, which is not part of this one.
func nested(ctx context.Context, name string) (string, error) {
	listed, err := execute(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}", module)
	return filepath.Join(strings.TrimSpace(string(listed.out)), "test", name), err
}

// execute runs a command and measures it. What it prints on stderr is part of
// the error.
func execute(ctx context.Context, dir, name string, args ...string) (finished, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &complaint
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	if err != nil {
		return finished{}, fmt.Errorf("%s %v: %w\n%s", filepath.Base(name), args, err, complaint.Bytes())
	}
	return finished{out.Bytes(), wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// repeat runs a command n times and returns the median of both times.
func repeat(ctx context.Context, n int, dir, name string, args ...string) (finished, error) {
	var walls, cpus []time.Duration
	var last finished
	for range n {
		f, err := execute(ctx, dir, name, args...)
		if err != nil {
			return f, err
		}
		walls, cpus, last = append(walls, f.wall), append(cpus, f.cpu), f
	}
	last.wall, last.cpu = median(walls), median(cpus)
	return last, nil
}
