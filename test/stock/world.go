package stock

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/test/stock/cloud"
)

// World is where one program runs on one side: a working directory, a state, a
// cloud, and what was seen.
type World struct {
	testing.TB
	Cloud *cloud.Cloud
	Seen  []Observation

	side  Side
	dir   string // Pulumi.yaml is here
	home  string
	env   map[string]string
	cmd   *listener
	proj  *workspace.Project // nil: the default one of an inline program
	stack string             // the stack that steps work on
	open  map[string]*auto.Stack
	kept  map[string][]byte // what steps leave to later ones
}

// Project is the project of all programs.
const Project = "shop"

// NewWorld opens a world.
func NewWorld(tb testing.TB, side Side, p Program) *World {
	tb.Helper()
	home := tb.TempDir()
	w := &World{
		TB: tb, Cloud: cloud.New(), side: side, dir: filepath.Join(home, "work"), home: home, stack: "dev",
		open: map[string]*auto.Stack{}, kept: map[string][]byte{},
	}
	makeDir(tb, w.dir)
	cmd, env := side.open(tb, home, w.Cloud)
	w.cmd, w.env = &listener{cmd: cmd}, env
	maps.Copy(w.env, map[string]string{ // the history names them, so all sides have them
		"PULUMI_CONFIG_PASSPHRASE": "open sesame", "PULUMI_HOME": filepath.Join(home, "pulumi"),
		"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
	})
	maps.Copy(w.env, p.Env)
	if p.Project != nil {
		w.proj = &workspace.Project{Name: tokens.PackageName(Project), Runtime: workspace.NewProjectRuntimeInfo("go", nil)}
		p.Project(w.proj)
	}
	return w
}

// Stack returns the current stack with this program, made at first use.
func (w *World) Stack(run pulumi.RunFunc) (*auto.Stack, error) {
	if s := w.open[w.stack]; s != nil {
		s.Workspace().SetProgram(run)
		return s, nil
	}
	s, err := auto.UpsertStackInlineSource(w.Context(), w.stack, Project, run, w.options()...)
	if err != nil {
		return nil, err
	}
	w.open[w.stack] = &s
	return &s, nil
}

func (w *World) options() []auto.LocalWorkspaceOption {
	opts := []auto.LocalWorkspaceOption{
		auto.Pulumi(w.cmd), auto.WorkDir(w.dir), auto.EnvVars(w.env), auto.SecretsProvider("passphrase"),
	}
	if w.proj != nil {
		opts = append(opts, auto.Project(*w.proj))
	}
	return opts
}

// listener notes every call of a command.
type listener struct {
	cmd auto.PulumiCommand

	mu    sync.Mutex
	calls []callOf
}

// callOf is one command line and its answer.
type callOf struct {
	args           []string
	stdout, stderr string
	code           int
}

// Version implements auto.PulumiCommand.
func (l *listener) Version() semver.Version { return l.cmd.Version() }

// Run implements auto.PulumiCommand.
func (l *listener) Run(ctx context.Context, dir string, in io.Reader, outs, errs []io.Writer, env []string, args ...string,
) (string, string, int, error) {
	stdout, stderr, code, err := l.cmd.Run(ctx, dir, in, outs, errs, env, args...)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, callOf{args, stdout, stderr, code})
	return stdout, stderr, code, err
}

func (l *listener) take() []callOf {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.calls = nil }()
	return l.calls
}

// verb is the command's name: the words before the first flag that are not
// arguments.
func (c callOf) verb() string {
	words := c.args
	if i := slices.IndexFunc(words, func(s string) bool { return strings.HasPrefix(s, "-") }); i >= 0 {
		words = words[:i]
	}
	return strings.Join(words[:min(2, len(words))], " ")
}

func makeDir(tb testing.TB, dir string) {
	tb.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
}
