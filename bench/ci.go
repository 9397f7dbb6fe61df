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

// ciStacks is how many stacks a job may have to preview: in 17 environments of
// three, the last one without the third.
const ciStacks, ciEnvironments = 50, 17

// jobs measures whole jobs for pull requests, from the event to the comment,
// beside the same previews by the stock CLI one after the other.
func jobs(ctx context.Context, w *workplace) (_ []table, err error) {
	s, err := w.shop(ctx)
	if err != nil {
		return nil, err
	}
	cli, err := w.stockCLI(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cli.close()) }()
	t := table{title: fmt.Sprintf("A job for a pull request: fetch, compile, preview, comment, in an estate of %d stacks", ciStacks),
		head: []string{"", "stacks", "compile", "wall", "stock CLI, one by one", "ratio"}}
	for _, c := range []struct {
		name   string
		change func() error
	}{
		{"a setting of one stack", s.oneSetting},
		{"one line of code of every stack", s.everyStack},
	} {
		if err := s.propose(ctx, c.change); err != nil {
			return nil, err
		}
		first, err := s.job(ctx)
		if err != nil {
			return nil, err
		}
		stock, err := oneByOne(ctx, cli, first.sizes)
		if err != nil {
			return nil, err
		}
		again, err := s.job(ctx)
		if err != nil {
			return nil, err
		}
		t.add(c.name+", first job", fmt.Sprint(len(first.sizes)), millis(first.build), millis(first.wall), millis(stock), ratio(stock, first.wall))
		t.add(c.name+", compiled before", fmt.Sprint(len(again.sizes)), millis(again.build), millis(again.wall), millis(stock), ratio(stock, again.wall))
	}
	return []table{t}, nil
}

// shop is a deployed estate with a forge.
type shop struct {
	bin, dir, forge string
	runs            int
}

// shop makes an estate of small stacks, deploys it and puts it on a forge.
func (w *workplace) shop(ctx context.Context) (*shop, error) {
	bin, err := w.trunkline(ctx)
	if err != nil {
		return nil, err
	}
	s := &shop{bin: bin, dir: filepath.Join(w.dir, "shop"), forge: filepath.Join(w.dir, "forge")}
	var names []string
	if err := newEstate(ctx, s.dir, func() (err error) {
		if err = small.Write(s.dir, module); err == nil {
			names, err = spread(filepath.Join(s.dir, "environments"), ciEnvironments, ciStacks)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if _, err := execute(ctx, s.dir, bin, "up", "-e", strings.Join(names, ","), "--yes", "--non-interactive"); err != nil {
		return nil, err
	}
	pull := filepath.Join(s.forge, "pulls", "1")
	if err := os.MkdirAll(pull, 0o700); err != nil {
		return nil, err
	}
	if _, err := execute(ctx, s.dir, "git", "clone", "-q", "--bare", s.dir, filepath.Join(s.forge, "repository.git")); err != nil {
		return nil, err
	}
	return s, os.WriteFile(filepath.Join(pull, "pull.json"), []byte(`{"title": "Change it", "author": "ana", "head": "feature", "base": "main"}`), 0o600)
}

// spread puts copies of the environment dev in the place of all environments: so
// many, with so many stacks.
func spread(dir string, environments, stacks int) (names []string, err error) {
	dev, err := os.ReadFile(filepath.Join(dir, "dev.yaml"))
	if err != nil {
		return nil, err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return nil, err
		}
	}
	for i := range environments {
		name := fmt.Sprintf("e%03d", i)
		text := strings.Replace(string(dev), "name: dev", "name: "+name, 1)
		if i == environments-1 && stacks < 3*environments {
			text, _, _ = strings.Cut(text, "  app:")
		}
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

func (s *shop) oneSetting() error {
	return substitute(filepath.Join(s.dir, "environments", "e000.yaml"), "replicas: 1", "replicas: 2")
}

func (s *shop) everyStack() error {
	for file, change := range map[string][2]string{
		"network/network.go": {"FlowLogDays: cfg.FlowLogDays,", "FlowLogDays: cfg.FlowLogDays + 1,"},
		"data/data.go":       {"NoncurrentDays: cfg.KeepVersionsDays,", "NoncurrentDays: cfg.KeepVersionsDays + 1,"},
		"app/app.go":         {"VolumeGiB: cfg.VolumeGiB,", "VolumeGiB: cfg.VolumeGiB + 1,"},
	} {
		if err := substitute(filepath.Join(s.dir, "stacks", filepath.FromSlash(file)), change[0], change[1]); err != nil {
			return err
		}
	}
	return nil
}

// substitute replaces a text that a file has once.
func substitute(file, old, now string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if strings.Count(string(text), old) != 1 {
		return fmt.Errorf("%s does not have %q once", file, old)
	}
	return os.WriteFile(file, []byte(strings.Replace(string(text), old, now, 1)), 0o600)
}

// propose makes a branch with the change.
func (s *shop) propose(ctx context.Context, change func() error) error {
	for _, args := range [][]string{{"checkout", "-q", "-B", "feature", "main"}, nil, {"push", "-q", "--force", filepath.Join(s.forge, "repository.git"), "feature"}, {"checkout", "-q", "main"}} {
		if args == nil {
			if err := errors.Join(change(), commit(ctx, s.dir, "Change it")); err != nil {
				return err
			}
			continue
		}
		if _, err := execute(ctx, s.dir, "git", args...); err != nil {
			return err
		}
	}
	return nil
}

// done is a job that has ended.
type done struct {
	wall, build time.Duration
	sizes       []int // resources of each previewed stack
}

// job runs the job for the pull request.
func (s *shop) job(ctx context.Context) (done, error) {
	s.runs++
	env := []string{"TRUNKLINE_EVENT=pull_request", "TRUNKLINE_FORGE=local", "TRUNKLINE_FORGE_URL=" + s.forge, "TRUNKLINE_PULL_REQUEST=1",
		"TRUNKLINE_BASE_BRANCH=main", "TRUNKLINE_HEAD_BRANCH=feature", fmt.Sprintf("TRUNKLINE_RUN=%d", s.runs)}
	for name, branch := range map[string]string{"TRUNKLINE_BASE": "main", "TRUNKLINE_HEAD": "feature"} {
		sha, err := execute(ctx, s.dir, "git", "rev-parse", branch)
		if err != nil {
			return done{}, err
		}
		env = append(env, name+"="+strings.TrimSpace(string(sha.out)))
	}
	f, err := execute(ctx, s.dir, "env", append(env, s.bin, "ci", "-o", "json")...)
	if err != nil {
		return done{}, err
	}
	var doc struct {
		TimingsMS map[string]int64 `json:"timingsMs"`
		Stacks    []struct {
			Summary map[string]int `json:"summary"`
		} `json:"stacks"`
	}
	if err := json.Unmarshal(f.out, &doc); err != nil {
		return done{}, fmt.Errorf("ci -o json: %w", err)
	}
	out := done{wall: f.wall, build: time.Duration(doc.TimingsMS["build"]) * time.Millisecond}
	for _, st := range doc.Stacks {
		out.sizes = append(out.sizes, st.Summary["same"]+st.Summary["update"]+st.Summary["create"])
	}
	if len(out.sizes) == 0 {
		return done{}, errors.New("the job previewed nothing")
	}
	return out, nil
}

// oneByOne previews stacks of these sizes with the stock CLI, as a script would.
func oneByOne(ctx context.Context, cli *rival, sizes []int) (time.Duration, error) {
	value := "a"
	stacks := make([]auto.Stack, len(sizes))
	fmt.Fprintf(os.Stderr, "bench: making %d stacks with the stock CLI\n", len(sizes))
	for i, n := range sizes {
		var err error
		if stacks[i], err = cli.stack(ctx, fmt.Sprintf("job%d-%d", len(sizes), i), things(max(1, n-2), &value)); err != nil {
			return 0, err
		}
		if _, err := stacks[i].Up(ctx); err != nil {
			return 0, err
		}
	}
	value = "b"
	begin := time.Now()
	for _, st := range stacks {
		if _, err := st.Preview(ctx); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}
