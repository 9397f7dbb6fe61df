// Command fidelity asks the real provider, offline, what changes of inputs do
// and which inputs it refuses, and writes the answers down as facts that the
// sandbox is held to (internal/sandbox/fidelity_test.go).
//
//	go run ./internal/sandbox/gen cases cases.json          (in the repository's root)
//	cd test/aws && go run ./fidelity ../../cases.json       writes fidelity/facts.zip
//
// It speaks Pulumi's provider protocol, as an engine does: Check of the inputs
// before, Create as a preview, Check of the inputs after, Diff. What AWS would
// choose at a creation is put in by a stand-in, and the state with stand-ins is
// part of the fact, so that the sandbox answers exactly the same request.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fidelity <cases.json>")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(1)
	}
}

// workers is how many types are asked about at once.
const workers = 3

func run(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var cases Cases
	if err := json.Unmarshal(text, &cases); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p, err := start(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	facts := map[string]*Facts{}
	queue := make(chan string)
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range workers {
		wait.Go(func() {
			for token := range queue {
				began := time.Now()
				f := p.ask(ctx, token, cases.Types[token])
				mu.Lock()
				facts[token] = f
				mu.Unlock()
				fmt.Fprintf(os.Stderr, "%-55s %4d changes %4d odd inputs %8s\n", token, len(f.Changes), len(f.Odd), time.Since(began).Round(time.Millisecond))
			}
		})
	}
	for _, token := range slices.Sorted(maps.Keys(cases.Types)) {
		queue <- token
	}
	close(queue)
	wait.Wait()
	return pack(filepath.Join("fidelity", "facts.zip"), facts)
}
