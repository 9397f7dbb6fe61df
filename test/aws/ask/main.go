// Command ask asks a real terraform-provider-aws how its resource types behave:
// which properties are computed, what their defaults are, whose change needs a
// new resource, and which values it accepts. It plans and validates, and applies
// nothing; no AWS account and no network are needed.
//
//	ask [-jobs n] [-only type,…] <provider binary> <directory> <answers.zip>
//
// Each type's answers go to a file in the directory as soon as they are known,
// and a type that has one is not asked again: an interrupted run goes on where
// it stopped, and several may share a directory. At the end everything that is
// there goes into the archive.
//
// It is a module of its own so that what it needs to speak Terraform's plugin
// protocol stays out of Trunkline's go.mod.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

func main() {
	jobs := flag.Int("jobs", 2, "how many providers to ask at once; each needs 400 MB")
	only := flag.String("only", "", "ask only about these types, separated by commas")
	flag.Parse()
	if flag.NArg() != 3 {
		fmt.Fprintln(os.Stderr, "usage: ask [-jobs n] [-only type,…] <provider binary> <directory> <answers.zip>")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Arg(1), flag.Arg(2), *jobs, *only); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func run(binary, dir, archive string, jobs int, only string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ctx := context.Background()
	first := &session{path: binary}
	schema, err := first.open(ctx)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(schema.ResourceSchemas))
	if only != "" {
		names = strings.Split(only, ",")
	}
	queue := make(chan string, len(names))
	for _, name := range names {
		if schema.ResourceSchemas[name] == nil {
			return fmt.Errorf("the provider has no type %s", name)
		}
		queue <- name
	}
	close(queue)
	errs := make([]error, max(jobs, 1))
	var wait sync.WaitGroup
	for i := range errs {
		s := first
		if i > 0 {
			s = &session{path: binary}
		}
		wait.Go(func() { errs[i] = work(ctx, s, schema, dir, queue) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return pack(dir, archive, binary)
}

// work asks about types until there are no more.
func work(ctx context.Context, s *session, schema *pb.GetProviderSchema_Response, dir string, queue <-chan string) error {
	if s.client == nil {
		if _, err := s.open(ctx); err != nil {
			return err
		}
	}
	defer func() { s.stop() }()
	for name := range queue {
		path := filepath.Join(dir, name+".json")
		if _, err := os.Stat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		began := time.Now()
		a := &asker{provider: s, name: name, block: schema.ResourceSchemas[name].Block}
		answer, err := a.ask(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		text, err := json.MarshalIndent(answer, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(path+".new", text, 0o644); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%-60s %5d plans %6d values %8s\n", name, a.plans, a.probes, time.Since(began).Round(time.Millisecond))
	}
	return nil
}
