package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// globals are the flags that every command has, and what they mean.
type globals struct {
	deps Deps

	cwd            string
	color          string
	output         string
	envs           []string
	stacks         []string
	yes            bool
	nonInteractive bool
	parallel       int
	timeout        time.Duration
	noWait         bool
	verbose        bool

	out, err *views.Screen
	shows    *views.Live
	// wrote is called before a JSON document is written to stdout.
	wrote func()
}

// Output formats.
const (
	formatText     = "text"
	formatJSON     = "json"
	formatJSONL    = "jsonl"
	formatMarkdown = "markdown"
)

func (g *globals) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVarP(&g.cwd, "cwd", "C", "", "run as if started in this directory")
	f.StringVar(&g.color, "color", "auto", "colour: auto, always or never")
	f.StringVarP(&g.output, "output", "o", formatText, "output: text, json, jsonl or markdown")
	f.BoolVarP(&g.yes, "yes", "y", false, "answer yes to every question")
	f.BoolVar(&g.nonInteractive, "non-interactive", false, "never ask; what would ask is an error")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "also show what the program prints, and unchanged resources")
	f.DurationVar(&g.timeout, "timeout", 0, "stop gracefully after this long, such as 30m")
}

// selecting adds -e and -s.
func (g *globals) selecting(cmd *cobra.Command) {
	f := cmd.Flags()
	g.selectingEnv(cmd)
	f.StringSliceVarP(&g.stacks, "stack", "s", nil, "stack or pattern such as 'app*', may be repeated")
}

// selectingEnv adds -e.
func (g *globals) selectingEnv(cmd *cobra.Command) {
	cmd.Flags().StringSliceVarP(&g.envs, "env", "e", nil, "environment, may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("env", g.completeEnv)
}

// running adds what commands have that run the engine.
func (g *globals) running(cmd *cobra.Command) {
	g.selecting(cmd)
	cmd.Flags().IntVar(&g.parallel, "parallel", 4, "how many stacks run at once")
}

// changing adds what commands have that change stacks.
func (g *globals) changing(cmd *cobra.Command) {
	g.running(cmd)
	cmd.Flags().BoolVar(&g.noWait, "no-wait", false, "fail at once when somebody else holds a stack, instead of waiting in line")
}

func (g *globals) completeEnv(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	found, err := filepath.Glob(filepath.Join(g.dir(), "environments", "*.yaml"))
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func (g *globals) dir() string {
	if filepath.IsAbs(g.cwd) {
		return g.cwd
	}
	return filepath.Join(g.deps.Dir, g.cwd)
}

func (g *globals) selection() driver.Selection {
	return driver.Selection{Environments: g.envs, Stacks: g.stacks}
}

// check refuses flag values that mean nothing, and formats the command cannot
// give.
func (g *globals) check(formats ...string) error {
	formats = append(formats, formatText)
	if !slices.Contains(formats, g.output) {
		return gitops.Errorf(gitops.Invalid, "-o %s is not one of %s", g.output, strings.Join(formats, ", "))
	}
	if _, err := views.ParseColor(g.color); err != nil {
		return err
	}
	if g.timeout < 0 {
		return gitops.Errorf(gitops.Invalid, "--timeout %s is over before it begins", g.timeout)
	}
	if g.parallel < 0 {
		return gitops.Errorf(gitops.Invalid, "--parallel %d: at least one stack must run", g.parallel)
	}
	return nil
}

// one requires exactly one environment and one stack.
func (g *globals) one() (gitops.StackID, error) {
	if len(g.envs) != 1 || len(g.stacks) != 1 {
		err := gitops.Errorf(gitops.Invalid, "name one stack")
		err.Next = "add -e ENV -s STACK"
		return gitops.StackID{}, err
	}
	return gitops.StackID{Name: g.stacks[0], Environment: g.envs[0]}, nil
}

// needEnv requires at least one environment.
func (g *globals) needEnv() error {
	if len(g.envs) > 0 {
		return nil
	}
	err := gitops.Errorf(gitops.Invalid, "name the environment")
	err.Next = "add -e ENV; trunkline env ls lists them"
	return err
}

// options are what every driver of a command works with.
func (g *globals) options(progress func(gitops.Progress)) driver.Options {
	opts := driver.Options{
		Dir: g.dir(), Getenv: g.deps.Getenv, Terminate: g.deps.Terminate,
		Parallel: g.parallel, NoWait: g.noWait, Now: g.deps.Now, Progress: progress,
	}
	if g.verbose {
		opts.Log = g.deps.Stderr
	}
	return opts
}

// with finds the estate and calls f.
func (g *globals) with(ctx context.Context, progress func(gitops.Progress), f func(context.Context, *driver.Driver) error) error {
	if g.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, g.timeout, errTimeout)
		defer stop()
	}
	d, err := driver.New(g.options(progress))
	if err != nil {
		return err
	}
	err = f(ctx, d)
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	if context.Cause(ctx) == errTimeout && err != nil {
		late := &gitops.Error{Kind: gitops.Timeout, What: "stopped after --timeout " + g.timeout.String(), Err: err}
		if Shown(err) {
			late.Err = nil // but that it was the time is not shown yet
		}
		return late
	}
	return err
}

var errTimeout = gitops.Errorf(gitops.Timeout, "the time is up")

// session opens the estate, calls f, and closes it.
func (g *globals) session(ctx context.Context, o driver.OpenOptions, f func(context.Context, *driver.Session) error) error {
	return g.opened(ctx, f, func(ctx context.Context, d *driver.Driver) (*driver.Session, error) {
		o.Only = g.envs
		return d.Open(ctx, o)
	})
}

// files opens the estate's files without its program.
func (g *globals) files(ctx context.Context, f func(context.Context, *driver.Session) error) error {
	return g.opened(ctx, f, func(ctx context.Context, d *driver.Driver) (*driver.Session, error) {
		return d.OpenFiles(ctx, g.envs...)
	})
}

// opened calls f with what open opens, while progress is shown.
func (g *globals) opened(ctx context.Context, f func(context.Context, *driver.Session) error,
	open func(context.Context, *driver.Driver) (*driver.Session, error),
) error {
	live, done := g.live(ctx)
	defer done()
	return g.with(ctx, live.Report, func(ctx context.Context, d *driver.Driver) error {
		s, err := open(ctx, d)
		if err != nil {
			return err
		}
		err = f(ctx, s)
		done()
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
		return err
	})
}

// json writes a value to stdout.
func (g *globals) json(v any) error {
	g.wrote()
	return review.Encode(g.screen(), v)
}

// lines writes styled lines to stdout.
func (g *globals) lines(lines []review.Line) error { return g.screen().Print(lines...) }

// ask puts a question to the person at the terminal. Without one it is an
// error that names the flag.
func (g *globals) ask(ctx context.Context, question string, details func() []review.Line) (bool, error) {
	if g.yes {
		return true, nil
	}
	if g.nonInteractive || !isTerminal(g.deps.Stdin) {
		err := gitops.Errorf(gitops.Invalid, "this would ask %q, and nobody can answer here", question)
		err.Next = "add --yes"
		return false, err
	}
	return g.errScreen().Confirm(ctx, g.deps.Stdin, question, details)
}

// agreed is ask, and says what a no means. A no is no failure.
func (g *globals) agreed(ctx context.Context, question string) (bool, error) {
	ok, err := g.ask(ctx, question, nil)
	if err == nil && !ok {
		err = g.say("nothing was changed")
	}
	return ok, err
}
