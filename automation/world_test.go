package automation_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// world is a command with its own state, cloud and working directory.
type world struct {
	testing.TB
	dir   string // Pulumi.yaml is here
	home  string // state.db and key are here
	cloud *enginetest.Provider
	cmd   *automation.Command
	fails *failures
}

// failures remembers the causes of failed calls.
type failures struct {
	mu   sync.Mutex
	last map[string]error
}

func (f *failures) note(stack string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[stack] = err
}

func (f *failures) of(stack string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last[stack]
}

func newWorld(t testing.TB, opts ...automation.Option) *world {
	t.Helper()
	w := &world{
		TB: t, dir: t.TempDir(), home: t.TempDir(), cloud: enginetest.NewProvider(),
		fails: &failures{last: map[string]error{}},
	}
	w.cmd = w.command(opts...)
	return w
}

// command makes another command on the same state and cloud, as another program
// would.
func (w *world) command(opts ...automation.Option) *automation.Command {
	c := automation.New(append([]automation.Option{
		automation.State("sqlite://" + filepath.ToSlash(filepath.Join(w.home, "state.db"))),
		automation.Provider("test", w.cloud),
		automation.Environ("USER=ana"),
		automation.OnError(w.fails.note),
	}, opts...)...)
	w.Cleanup(func() {
		if err := c.Close(); err != nil {
			w.Error(err)
		}
	})
	return c
}

// stack upserts a stack of project "shop" with an inline program.
func (w *world) stack(name string, run pulumi.RunFunc, opts ...auto.LocalWorkspaceOption) auto.Stack {
	w.Helper()
	opts = append([]auto.LocalWorkspaceOption{auto.WorkDir(w.dir), auto.Pulumi(w.cmd)}, opts...)
	s, err := auto.UpsertStackInlineSource(w.Context(), name, "shop", run, opts...)
	w.must(err)
	return s
}

// updated is the stack after an update of it.
func (w *world) updated(s auto.Stack) auto.Stack {
	w.Helper()
	_, err := s.Up(w.Context())
	w.must(err)
	return s
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// file reads a file of the working directory.
func (w *world) file(name string) string {
	w.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, name))
	w.must(err)
	return string(b)
}

// things is a program with one thing per name, in a row, exporting the first
// one's value.
func things(value string, names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for i, n := range names {
			t, err := enginetest.NewThing(ctx, n, pulumi.Map{"value": pulumi.String(value)})
			if err != nil {
				return err
			}
			if i == 0 {
				ctx.Export("value", t.Value)
			}
		}
		return nil
	}
}

// secretive exports its secret setting "password" next to a plain output.
func secretive(ctx *pulumi.Context) error {
	pw := config.New(ctx, "shop").RequireSecret("password")
	if _, err := enginetest.NewThing(ctx, "db", pulumi.Map{"password": pw}); err != nil {
		return err
	}
	ctx.Export("password", pw)
	ctx.Export("engine", pulumi.String("postgres"))
	return nil
}

// gated waits in its create until the test opens the gate.
func gated(gate string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, "slow", pulumi.Map{"wait": pulumi.String(gate)})
		return err
	}
}

// collect reads an event channel until it is closed.
func collect() (chan events.EngineEvent, func() []events.EngineEvent) {
	ch, all := make(chan events.EngineEvent), make(chan []events.EngineEvent, 1)
	go func() {
		var list []events.EngineEvent
		for e := range ch {
			list = append(list, e)
		}
		all <- list
	}()
	return ch, func() []events.EngineEvent { return <-all }
}

// wantKind checks what OnError was told about the stack.
func (w *world) wantKind(stack string, kind gitops.Kind) {
	w.Helper()
	var e *gitops.Error
	if err := w.fails.of(stack); !errors.As(err, &e) || e.Kind != kind {
		w.Errorf("cause of the failure: got %v, want kind %d", err, kind)
	}
}

func background(w *world, f func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	ctx := w.Context()
	go func() { done <- f(ctx) }()
	return done
}

func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// refused makes a thing that the cloud refuses.
func refused(ctx *pulumi.Context) error {
	_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"fail": pulumi.Bool(true)})
	return err
}
