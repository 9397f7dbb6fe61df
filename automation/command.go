package automation

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Command implements auto.PulumiCommand in this process. It is safe for
// concurrent use. Make one with New, and close it when no call is running.
type Command struct {
	settings
	core    *core
	engines *engines
}

var _ auto.PulumiCommand = (*Command)(nil)

// New returns a Command. Without options it works like an installed CLI with a
// local backend; see State for where the state is.
func New(opts ...Option) *Command { return newCommand(realParts(), opts...) }

func newCommand(p parts, opts ...Option) *Command {
	c := &Command{core: newCore(p), engines: &engines{}}
	for _, o := range opts {
		o(&c.settings)
	}
	c.rebuild = false
	return c
}

// With returns a Command with more options that shares stores, locks and
// unlocked passphrases with c. It is cheap: make one for each call that has its
// own observer. KeyFile, Provider and Store give it engines of its own, whose
// operations auto's Cancel on c ends less gently: by taking their lease away.
func (c *Command) With(opts ...Option) *Command {
	d := &Command{settings: c.settings, core: c.core, engines: c.engines}
	for _, o := range opts {
		o(&d.settings)
	}
	if d.rebuild {
		d.engines, d.rebuild = &engines{}, false
	}
	return d
}

// Close closes the stores that c, and all commands derived from it, have
// opened. No call may be running or follow.
func (c *Command) Close() error { return c.core.close() }

// Version returns the version of the engine.
func (c *Command) Version() semver.Version { return sdk.Version }

// Run executes one call of the Automation API: args is a command line of the
// Pulumi CLI without the program's name. It returns what the CLI would have
// printed and its exit code. The error's text is "exit status N"; it unwraps to
// the cause. dir and env stand for the working directory and the environment;
// the process's own are not changed.
//
// When ctx ends, a running operation stops gracefully: calls to providers that
// are in flight finish and the state is saved.
func (c *Command) Run(ctx context.Context, dir string, stdin io.Reader, outs, errs []io.Writer, env []string, args ...string,
) (stdout, stderr string, code int, err error) {
	out, errOut := &tee{ws: slices.Clone(outs)}, &tee{ws: slices.Clone(errs)}
	s := &session{Command: c, ctx: ctx, dir: dir, stdin: stdin, env: c.environment(env), out: out, err: errOut}
	if cause := s.serve(args); cause != nil {
		for _, f := range c.onError {
			f(s.stackName(), cause)
		}
		s.report(cause)
		code = exitCode(cause)
		err = &exitError{code: code, cause: cause}
	}
	return out.finish(), errOut.finish(), code, err
}

// environment is the base environment with the call's on top.
func (c *Command) environment(call []string) map[string]string {
	base := c.environ
	if base == nil {
		base = os.Environ()
	}
	env := map[string]string{}
	for _, kv := range slices.Concat(base, call) {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	return env
}

// tee keeps what is written and copies it to others. The display and messages
// share it. A reader that fails is left out from then on: one that went away
// must not end an operation.
type tee struct {
	mu       sync.Mutex
	text     bytes.Buffer
	ws       []io.Writer
	finished bool
}

func (t *tee) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished {
		return len(p), nil
	}
	t.text.Write(p)
	t.ws = slices.DeleteFunc(t.ws, func(w io.Writer) bool {
		_, err := w.Write(p)
		return err != nil
	})
	return len(p), nil
}

// finish returns the text. What is written later, say by an operation that was
// left at once, is dropped.
func (t *tee) finish() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finished = true
	return t.text.String()
}
