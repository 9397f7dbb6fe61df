// Command bench measures Trunkline on the machine it runs on and prints tables
// whose columns come from one run, so that they can be compared.
//
//	go run ./bench            everything
//	go run ./bench engine     calls of the Automation API on one small stack
//	go run ./bench unchanged  a preview in which nothing has changed
//	go run ./bench change     a preview after one line of a component changed
//	go run ./bench stock      20 small stacks, beside the stock Pulumi CLI
//	go run ./bench state      updates of 1,000 resources, beside the stock file backend
//	go run ./bench growth     what the state costs as a stack grows
//	go run ./bench many       a preview of 200 stacks, beside the stock Pulumi CLI
//	go run ./bench ci         whole jobs for pull requests, beside the stock Pulumi CLI
//	go run ./bench postgres   PostgreSQL beside SQLite
//	go run ./bench compile    what the estate and each component cost to compile
//	go run ./bench render     the comment and the other forms of a large review
//	go run ./bench policies   the policies of the reference estate on a large review
//	go run ./bench provider   a preview through the real AWS provider, cold and warm
//
// It works in a temporary directory and on the sandbox: no account is needed.
// What stands beside the stock CLI takes minutes, and builds the CLI first. The
// row provider needs the programs that test/aws/README.md names.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// bench is one measurement.
type bench struct {
	name string
	run  func(ctx context.Context, w *workplace) ([]table, error)
}

var benches = []bench{
	{"engine", engine},
	{"unchanged", unchanged},
	{"change", change},
	{"stock", lifecycle},
	{"state", states},
	{"growth", growth},
	{"many", many},
	{"ci", jobs},
	{"postgres", postgres},
	{"compile", compile},
	{"render", render},
	{"policies", policies},
	{"affected", affectedStacks},
	{"provider", provider},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run prints the tables of the benches with these names, of all without names.
func run(ctx context.Context, names []string) (err error) {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "trunkline-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w := &workplace{dir: dir}
	for i, b := range chosen {
		tables, err := b.run(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		for j, t := range tables {
			if i+j > 0 {
				fmt.Println()
			}
			fmt.Print(t)
		}
	}
	return nil
}

func choose(names []string) ([]bench, error) {
	if len(names) == 0 {
		return benches, nil
	}
	var out []bench
	for _, name := range names {
		i := slices.IndexFunc(benches, func(b bench) bool { return b.name == name })
		if i < 0 {
			var known []string
			for _, b := range benches {
				known = append(known, b.name)
			}
			return nil, fmt.Errorf("there is no bench %q; there are %s", name, strings.Join(known, ", "))
		}
		out = append(out, benches[i])
	}
	return out, nil
}
