package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/trunkline-dev/trunkline"
)

// sdk is what every component needs: compiled before the components are
// measured, so that each is charged for what it alone brings in.
const sdk = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// compile measures what the estate costs to compile: the program as a whole, and
// every component on top of Pulumi's SDK.
func compile(ctx context.Context, w *workplace) ([]table, error) {
	dir, err := w.repository(ctx)
	if err != nil {
		return nil, err
	}
	whole, err := compileProgram(ctx, dir, filepath.Join(w.dir, "cache-program"))
	if err != nil {
		return nil, err
	}
	each, err := compileComponents(ctx, dir, w.dir)
	if err != nil {
		return nil, err
	}
	return []table{whole, each}, nil
}

// compileProgram builds ./stacks with an empty cache, again, and after a line of
// a component changed.
func compileProgram(ctx context.Context, dir, cache string) (table, error) {
	t := table{
		title: fmt.Sprintf("go build ./stacks, %d processors", runtime.NumCPU()),
		head:  []string{"", "wall", "peak of one process"},
	}
	defer os.RemoveAll(cache)
	for _, step := range []string{"empty cache", "nothing changed", "a line of components/queue changed"} {
		if strings.HasPrefix(step, "a line") {
			if err := appendLine(filepath.Join(dir, "components", "queue", "queue.go"), "\nvar _ = \"bench\"\n"); err != nil {
				return t, err
			}
		}
		wall, rss, err := build(ctx, dir, cache, "./stacks")
		if err != nil {
			return t, err
		}
		t.add(step, seconds(wall), mebi(rss))
	}
	return t, nil
}

// compileComponents builds each component with a cache that holds only Pulumi's
// SDK.
func compileComponents(ctx context.Context, dir, scratch string) (table, error) {
	t := table{
		title: "Each component alone, with only Pulumi's SDK compiled before",
		head:  []string{"", "wall", "peak of one process", "SDK's ec2"},
	}
	base := filepath.Join(scratch, "cache-sdk")
	defer os.RemoveAll(base)
	wall, rss, err := build(ctx, dir, base, sdk)
	if err != nil {
		return t, err
	}
	t.add("Pulumi's SDK", seconds(wall), mebi(rss), "")
	names, err := fs.ReadDir(trunkline.Estate, "components")
	if err != nil {
		return t, err
	}
	for _, n := range names {
		target := "./" + path.Join("components", n.Name())
		cache := filepath.Join(scratch, "cache-component")
		if err := linkTree(base, cache); err != nil {
			return t, err
		}
		wall, rss, err := build(ctx, dir, cache, target)
		if err != nil {
			return t, err
		}
		pulls, err := needsEC2(ctx, dir, target)
		if err != nil {
			return t, err
		}
		t.add(n.Name(), seconds(wall), mebi(rss), pulls)
		if err := os.RemoveAll(cache); err != nil {
			return t, err
		}
	}
	return t, nil
}

// build compiles a package with a build cache of its own. The memory, in bytes,
// is that of the largest process.
func build(ctx context.Context, dir, cache, target string) (time.Duration, int64, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", os.DevNull, target)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOCACHE="+cache, "CGO_ENABLED=0")
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("go build %s: %w\n%s", target, err, out)
	}
	wall := time.Since(begin)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return wall, 0, nil
	}
	return wall, usage.Maxrss << 10, nil // Linux counts in KiB, and the processes that were waited for as well
}

// needsEC2 tells whether a package brings the SDK's ec2 in, which takes longer
// to compile than everything else.
func needsEC2(ctx context.Context, dir, target string) (string, error) {
	listed, err := execute(ctx, dir, "go", "list", "-deps", target)
	if err != nil {
		return "", err
	}
	if strings.Contains(string(listed.out), "pulumi-aws/sdk/v6/go/aws/ec2\n") {
		return "yes", nil
	}
	return "no", nil
}

// linkTree copies a directory by hard links: entries of a build cache are never
// written twice.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		return os.Link(p, filepath.Join(to, name))
	})
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(line); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
