package automation

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// PoolConfig says how a Pool starts its workers and when it replaces them.
type PoolConfig struct {
	// Argv is the command line of a worker: a program that calls ServeWorker. All
	// users of the machine can read it; secrets belong in Environ.
	Argv []string
	// Environ is the whole environment of a worker, "KEY=value" each, and the base
	// of every call's. Nothing of this process's environment is added; see
	// InheritEnv.
	Environ []string
	// Stderr receives what workers print outside of calls. The end of it is part
	// of the error when a worker dies, also without Stderr.
	Stderr io.Writer

	// Size is how many calls run at once, each in a worker of its own; more wait.
	// 0 means the number of processors.
	Size int
	// Spare is how many more workers are kept started, so that a call need not
	// wait for a start. 0 means 1, a negative number none.
	Spare int
	// A worker is replaced after MaxRuns calls (0 means 200), after MaxAge (0
	// means an hour), and when it holds more than MaxMemory bytes (0 means 1 GiB),
	// but never during a call.
	MaxRuns   int
	MaxAge    time.Duration
	MaxMemory int64

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Pool implements auto.PulumiCommand in worker processes. Pulumi's engine leaks
// a little with each operation, and may panic; in a program that runs for months
// both stay in workers, which come and go. A call on a worker that is ready costs
// about as much as one of a Command.
//
// What is true of a Command is true of a Pool, with two differences. Inline
// programs and observers run in this process, but what cannot travel is given to
// the worker's own Command: Store, KeyFile, Provider, FindPlugin and ProviderEnv. And Stack.Cancel stops an
// operation gracefully when it was started with the same working directory and
// stack name; others lose their lease.
//
// It is safe for concurrent use. Make one with NewPool and close it.
type Pool struct {
	settings
	*workers
	mem *core
}

var _ auto.PulumiCommand = (*Pool)(nil)

// NewPool returns a Pool and starts its spare workers in the background. A
// program that cannot be started is an error of the first call.
func NewPool(cfg PoolConfig) *Pool {
	p := &Pool{workers: newWorkers(cfg), mem: newCore(parts{})}
	p.fill()
	return p
}

// With returns a Pool with more options on the same workers. It is cheap. A call
// with an option that cannot travel fails with exit code 2.
func (p *Pool) With(opts ...Option) *Pool {
	q := *p
	for _, o := range opts {
		o(&q.settings)
	}
	return &q
}

// Version returns the version of the engine.
func (p *Pool) Version() semver.Version { return sdk.Version }

// Run executes one call like Command.Run, in a worker. When the worker dies, the
// call fails with exit code 255, and the state has everything that was recorded
// until then.
//
// When ctx ends, the operation stops gracefully, however long that takes. A
// worker that is still busy ten seconds after Terminate is killed.
func (p *Pool) Run(ctx context.Context, dir string, stdin io.Reader, outs, errs []io.Writer, env []string, args ...string,
) (stdout, stderr string, code int, err error) {
	c := &call{
		pool: p, ctx: ctx, stdin: stdin, stack: bareName(stackFlag(args)),
		out: &tee{ws: slices.Clone(outs)}, err: &tee{ws: slices.Clone(errs)},
	}
	end := c.do(dir, env, args)
	return c.out.finish(), c.err.finish(), end.code, end.err
}

// do runs the call and reports a failure that the worker could not.
func (c *call) do(dir string, env, args []string) outcome {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = c.pool.carries()
	}
	if err != nil {
		return c.fail(err)
	}
	c.dir = dir
	c.run = runFrame{
		Dir: dir, Args: args, Env: env, HasStdin: c.stdin != nil, State: c.pool.stateURL, Program: c.pool.program,
		Holder: c.pool.holder, Metadata: c.pool.extra, Observe: len(c.pool.observers) > 0, Overlay: c.pool.overlay,
		Expect: c.pool.expect, Wait: c.pool.wait != nil, Memory: c.pool.mem.memory(),
	}
	if c.pool.environ != nil {
		c.run.Environ = &c.pool.environ
	}
	if len(args) > 0 && args[0] == "cancel" && c.pool.cancel(c) {
		return outcome{}
	}
	end, err := c.pool.workers.do(c)
	if err != nil {
		return c.fail(err)
	}
	c.pool.mem.learn(c.run.Memory, end.Memory)
	c.pool.overlay.Merge(end.Overlay)
	return outcome{code: end.Code, err: end.Err.decode()}
}

// carries refuses options that a worker cannot be sent.
func (p *Pool) carries() error {
	switch {
	case p.store != nil:
		return usage("Store cannot be sent to a worker: give it to the Command that the worker serves")
	case p.keyFile != "":
		return usage("KeyFile cannot be sent to a worker: give it to the Command that the worker serves")
	case len(p.providers) > 0:
		return usage("Provider cannot be sent to a worker: give it to the Command that the worker serves")
	case p.findPlugin != nil:
		return usage("FindPlugin cannot be sent to a worker: give it to the Command that the worker serves")
	case p.providerEnv != nil:
		return usage("ProviderEnv cannot be sent to a worker: give it to the Command that the worker serves")
	}
	return nil
}

// outcome is how a call ended.
type outcome struct {
	code int
	err  error
}

// fail is what a Command does with an error.
func (c *call) fail(cause error) outcome {
	for _, f := range c.pool.onError {
		f(c.stack, cause)
	}
	if gitops.KindOf(cause) == gitops.Bug { // see session.serve
		_, _ = io.WriteString(c.out, "The Pulumi CLI encountered a fatal error. This is a bug!\n")
	}
	s := session{err: c.err}
	s.report(cause)
	return outcome{code: exitCode(cause), err: &exitError{code: exitCode(cause), cause: cause}}
}

func bareName(stack string) string { return stack[strings.LastIndexByte(stack, '/')+1:] }

// workers are the processes of a pool, shared by the pools derived from it.
type workers struct {
	cfg   PoolConfig
	spawn chan func()
	slots chan struct{}
	gone  sync.WaitGroup // one for each process and each start

	mu       sync.Mutex
	idle     []*worker // the last one is used next
	busy     map[*worker]*call
	starting int
	closed   bool
}

func newWorkers(cfg PoolConfig) *workers {
	defaults(&cfg.Size, runtime.GOMAXPROCS(0))
	defaults(&cfg.Spare, 1)
	cfg.Spare = max(cfg.Spare, 0)
	defaults(&cfg.MaxRuns, 200)
	defaults(&cfg.MaxAge, time.Hour)
	defaults(&cfg.MaxMemory, 1<<30)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Environ == nil {
		cfg.Environ = []string{} // nil would be this process's
	}
	w := &workers{cfg: cfg, spawn: make(chan func()), slots: make(chan struct{}, cfg.Size), busy: map[*worker]*call{}}
	go w.spawner()
	return w
}

func defaults[T int | int64 | time.Duration](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// spawner starts the processes. Linux sends them their signal when the thread
// that started them ends, so it is one that lives as long as the pool.
func (w *workers) spawner() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := range w.spawn {
		start()
	}
}

// errClosed is the answer to a call after Close.
var errClosed = errors.New("the pool of workers is closed")

// Close ends all workers and waits for them. No call may be running or follow.
func (w *workers) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	idle := w.idle
	w.idle = nil
	w.mu.Unlock()
	for _, k := range idle {
		w.retire(k)
	}
	w.gone.Wait()
	close(w.spawn)
	return nil
}

// InheritEnv returns those variables of this process, "KEY=value" each, that are
// named. A name that ends in * stands for all that begin so: "AWS_*".
func InheritEnv(names ...string) []string { return inherit(os.Environ(), names) }

func inherit(env, names []string) []string {
	out := []string{}
	for _, kv := range env {
		key, _, _ := strings.Cut(kv, "=")
		if slices.ContainsFunc(names, func(n string) bool {
			prefix, all := strings.CutSuffix(n, "*")
			return key == n || all && strings.HasPrefix(key, prefix)
		}) {
			out = append(out, kv)
		}
	}
	return out
}
