package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var cloudLine = regexp.MustCompile(`(?m)^cloud: .*$`)

// checkout is a clone of this repository, whose environment dev is on the
// emulator, and the program that delivers it.
type checkout struct {
	*story
	dir, trunkline string
}

// open copies what is committed, points the environment at the emulator, and
// locks the provider.
func (c *checkout) open(ctx context.Context) error {
	root, err := filepath.Abs("../../..")
	if err != nil {
		return err
	}
	c.dir = filepath.Join(c.world.home, strings.ReplaceAll(c.name, " ", "-"))
	c.trunkline = filepath.Join(c.world.home, "trunkline")
	if err := c.git(ctx, root, "clone", "--quiet", root, c.dir); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", c.trunkline, "./cmd/trunkline")
	build.Dir, build.Env = root, append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build trunkline: %w\n%s", err, out)
	}
	cloud := fmt.Sprintf("cloud: {provider: aws, region: %s, account: \"123456789012\", emulator: true, endpoints: {default: %q}, variables: [%s]}",
		region, c.world.emulator.url, binaryVariable)
	if err := c.change(devFile, func(text string) string { return cloudLine.ReplaceAllLiteralString(text, cloud) }); err != nil {
		return err
	}
	plugin := filepath.Join(c.world.pulumiHome, "plugins", "resource-aws-v"+sdkVersion, "pulumi-resource-aws")
	_, err = c.run(ctx, 0, "plugin", "lock", "aws@"+sdkVersion, "--from", plugin)
	return err
}

const devFile = "environments/dev.yaml"

// change rewrites a file, which must not stay as it is.
func (c *checkout) change(name string, f func(string) string) error {
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed := f(string(text))
	if changed == string(text) {
		return fmt.Errorf("%s is not as this row expects it", name)
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

// replace puts one text into a file for another.
func (c *checkout) replace(name, old, changed string) error {
	return c.change(name, func(text string) string { return strings.Replace(text, old, changed, 1) })
}

func (c *checkout) commit(ctx context.Context) error {
	if err := c.git(ctx, c.dir, "add", "-A"); err != nil {
		return err
	}
	return c.git(ctx, c.dir, "-c", "user.name=suite", "-c", "user.email=suite@example.com", "commit", "--quiet", "-m", "Change it")
}

func (c *checkout) git(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// run runs trunkline and returns what it prints.
func (c *checkout) run(ctx context.Context, code int, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.trunkline, append(args, "--non-interactive")...)
	cmd.Dir = c.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	boundToParent(cmd)
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		return out, fmt.Errorf("trunkline %s ended with %d, not %d: %v: %s", strings.Join(args, " "), got, code, err, tail(stderr.String()+string(out)))
	}
	return out, nil
}

// tail keeps the end of a long text.
func tail(text string) string {
	const most = 1500
	text = strings.TrimSpace(text)
	return text[max(0, len(text)-most):]
}

func (c *checkout) up(flags ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.run(ctx, 0, append([]string{"up", "-e", "dev", "--yes"}, flags...)...)
		return err
	}
}

// shown is what "preview -o json" and "drift -o json" print.
type shown struct {
	Stacks []struct {
		Stack   string `json:"stack"`
		Changes []struct {
			Type string `json:"type"`
			Name string `json:"name"`
			Op   string `json:"op"`
			Diff []struct {
				Path string `json:"path"`
			} `json:"diff"`
		} `json:"changes"`
	} `json:"stacks"`
}

func (c *checkout) changes(ctx context.Context, args ...string) (out []change, _ error) {
	text, err := c.run(ctx, 0, append(args, "-e", "dev", "-o", "json")...)
	if err != nil {
		return nil, err
	}
	var s shown
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("trunkline %s: %w: %s", args[0], err, text)
	}
	for _, stack := range s.Stacks {
		for _, what := range stack.Changes {
			found := change{op: what.Op, typ: what.Type, name: what.Name}
			for _, d := range what.Diff {
				found.paths = append(found.paths, d.Path)
			}
			slices.Sort(found.paths)
			if what.Op != "same" && strings.HasPrefix(what.Type, "aws:") {
				out = append(out, found)
			}
		}
	}
	return out, nil
}

// same previews what is deployed: nothing may change.
func (c *checkout) same(ctx context.Context) error {
	changes, err := c.changes(ctx, "preview")
	for _, what := range changes {
		c.problem("", what.String())
	}
	return err
}

func (c *checkout) destroy(ctx context.Context) error {
	_, err := c.run(ctx, 0, "destroy", "-e", "dev", "--yes")
	return err
}
