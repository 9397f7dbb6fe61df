// Package app puts the parts together: it is the only place that names them
// all, and the one that turns errors into exit codes.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/trunkline-dev/trunkline/internal/cli"
	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// World is what a run of Trunkline takes from the process around it.
type World struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Getenv reads one environment variable.
	Getenv func(string) string
	// Names are the names of all environment variables that are not empty.
	Names func() []string
	// Dir is the working directory.
	Dir string
	Now func() time.Time
	// Signals delivers interrupts. The first one stops gracefully, the second
	// one at once. nil: never.
	Signals <-chan os.Signal
}

// Process returns the World of this process.
func Process() World {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	// A reader that leaves must not kill an update. To notify nobody, rather than
	// to ignore, keeps the signal as it is for git and go.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return World{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Names: names, Dir: dir, Now: time.Now, Signals: signals,
	}
}

// names are the names of the variables of this process that are not empty.
func names() []string {
	var out []string
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); value != "" {
			out = append(out, name)
		}
	}
	return out
}

// Main runs one command and returns its exit code.
func Main(args []string, w World) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(w.Stderr, "error: this is a bug in Trunkline: %v\n%s\n", p, debug.Stack())
			code = int(gitops.Bug)
		}
	}()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	return run(ctx, args, w, watch(w, stop))
}

// run runs one command, and those that it runs in turn: a stop is for all.
func run(ctx context.Context, args []string, w World, terminate <-chan struct{}) int {
	root := cli.New(cli.Deps{
		Stdin: w.Stdin, Stdout: w.Stdout, Stderr: w.Stderr, Getenv: w.Getenv, Names: w.Names,
		Dir: w.Dir, Now: w.Now, Terminate: terminate, Forge: w.forge, Token: rand.Text,
		Run: func(args []string, dir string, stdout, stderr io.Writer) int {
			sub := w
			sub.Dir, sub.Stdout, sub.Stderr, sub.Stdin = dir, stdout, stderr, nil
			return run(ctx, args, sub, terminate)
		},
	})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, syscall.EPIPE) {
		return 0 // the reader of stdout has seen enough
	}
	if err != nil && !cli.Shown(err) {
		views.Error(w.Stderr, err)
		_ = cli.ErrorDocument(root, w.Stdout, err) // who reads stdout may be gone
	}
	return int(gitops.KindOf(err))
}

// watch turns the first signal into the end of the context and the second into
// the close of the returned channel.
func watch(w World, stop func()) <-chan struct{} {
	terminate := make(chan struct{})
	if w.Signals == nil {
		return terminate
	}
	go func() {
		if _, ok := <-w.Signals; !ok {
			return
		}
		stop()
		if _, ok := <-w.Signals; ok {
			close(terminate)
		}
	}()
	return terminate
}
