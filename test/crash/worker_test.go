//go:build unix

package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

// workerSpec names the variable that makes this test binary a worker.
const workerSpec = "TRUNKLINE_TEST_CRASH_WORKER"

func TestMain(m *testing.M) {
	if text := os.Getenv(workerSpec); text != "" {
		os.Exit(worker(text))
	}
	os.Exit(m.Run())
}

// spec is what a worker is asked to do.
type spec struct {
	Who       string
	Store     string // where state.Open finds the store
	Cloud     string // the cloud's socket
	Dir       string // the project's directory
	Stack     gitops.StackRef
	Operation gitops.Operation
	Program   string
	LeaseTTL  time.Duration
	Parallel  int // operations at once; 0 means the default
	At        point
	Fault     fault
}

// report is what a worker says in the end.
type report struct {
	Kind        gitops.Kind
	Error, Next string
}

func reportOf(err error) report {
	r := report{Kind: gitops.KindOf(err)}
	var ours *gitops.Error
	if errors.As(err, &ours) {
		r.Next = ours.Next
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// worker does one command, as the command line does, and returns the exit code.
func worker(text string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", p, debug.Stack())
			code = int(gitops.Bug)
		}
	}()
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	r := reportOf(s.do())
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		panic(err)
	}
	return int(r.Kind)
}

// do runs the operation with the fault in it.
func (s spec) do() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cloud := newFarCloud(s.Cloud)
	h := newHook(s.At, s.Fault)
	h.terminated, h.continued = ctx.Done(), continued()
	h.announce = func() error { _, err := cloud.do(cloudCall{Who: s.Who, Verb: "reached"}); return err }
	store, err := state.Open(ctx, s.Store)
	if err != nil {
		return err
	}
	defer store.Close()
	c := command{
		store: hookedStore{store, h}, provider: newProvider(s.Who, cloud, h), ttl: s.LeaseTTL,
		parallel: s.Parallel, who: s.Who, dir: s.Dir, stack: s.Stack, operation: s.Operation, program: s.Program,
	}
	return c.run(engine.WithTerminate(ctx, terminated(cancel)))
}

// terminated watches for signals as the command line does: the first one
// cancels, the second one closes the channel.
func terminated(cancel func()) <-chan struct{} {
	signals, now := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(now)
	}()
	return now
}

// continued returns a channel that is closed by SIGCONT.
func continued() <-chan struct{} {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGCONT)
	go func() { <-signals; close(done) }()
	return done
}

// command is one operation on the stack under test.
type command struct {
	store     gitops.StateStore
	provider  *provider
	ttl       time.Duration
	parallel  int
	who, dir  string
	stack     gitops.StackRef
	operation gitops.Operation
	program   string
	targets   []string
}

// engine returns the engine of a command.
func (c command) engine() *engine.Engine {
	return engine.New(engine.Options{
		Store: c.store, LeaseTTL: c.ttl,
		Key:       func() (engine.KeyCrypter, error) { return enginetest.Key("k1"), nil },
		Providers: map[string]pulumirpc.ResourceProviderServer{"test": c.provider},
	})
}

// request returns the request of a command. stop ends its program.
func (c command) request() (req engine.Request, stop func(), err error) {
	req = engine.Request{
		Stack: engine.Stack{Ref: c.stack}, Operation: c.operation, Root: c.dir, Holder: c.who,
		Targets: c.targets, Parallel: c.parallel,
	}
	if c.operation != gitops.Update {
		return req, func() {}, nil
	}
	req.Program, stop, err = enginetest.ServeProgram(run(programs(c.program)))
	return req, stop, err
}

func (c command) run(ctx context.Context) error {
	req, stop, err := c.request()
	if err != nil {
		return err
	}
	defer stop()
	_, err = c.engine().Run(ctx, req)
	return err
}
