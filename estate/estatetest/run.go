package estatetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// project is the Pulumi project of a run under test.
const project = "test"

// Run deploys a stack into an empty sandbox and returns what is there. Whatever
// fails ends the test.
func Run(t testing.TB, stack estate.AnyStack, opts ...Option) *Result {
	t.Helper()
	r, err := Try(t, stack, opts...)
	if err != nil {
		t.Fatalf("stack %s: %v", stack.Name(), err)
	}
	return r
}

// Try is Run for a stack that is expected to fail: it returns the error, and
// the Result with what was deployed until then.
func Try(t testing.TB, stack estate.AnyStack, opts ...Option) (*Result, error) {
	t.Helper()
	w := newWorld(t, opts)
	program, d, err := estate.Program(stack)
	if err != nil {
		return nil, err
	}
	if err := w.standIns(t.Context(), d, stack.Name()); err != nil {
		return nil, err
	}
	def, _ := d.Stack(stack.Name())
	cfg, err := w.config(def)
	if err != nil {
		return nil, err
	}
	return w.up(t, stack.Name()+"."+w.env.Name, program, cfg)
}

// Program deploys what body registers, without a stack definition around it:
// for components alone.
func Program(t testing.TB, body func(ctx *pulumi.Context) error, opts ...Option) *Result {
	t.Helper()
	w := newWorld(t, opts)
	r, err := w.up(t, "program."+w.env.Name, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// world is what a stack is given, and the place where it is deployed.
type world struct {
	env      estate.Environment
	settings Settings
	upstream []standIn
	*place
}

// place is one sandbox with its state. Runs On an earlier one share it.
type place struct {
	dir string
	cmd *automation.Command
	rec *recorder
	// stacks are the definitions that are deployed here, names the logical names
	// of all their resources.
	stacks, names []string
}

func newWorld(t testing.TB, opts []Option) *world {
	t.Helper()
	w := &world{env: estate.Environment{Name: "test",
		Region: sandbox.DefaultRegion, Account: sandbox.DefaultAccount, Provider: "sandbox", Tags: map[string]string{}}}
	for _, o := range opts {
		o.apply(w)
	}
	if w.place == nil {
		w.place = newPlace(t, w.env)
	}
	return w
}

func newPlace(t testing.TB, env estate.Environment) *place {
	t.Helper()
	p := &place{dir: t.TempDir(), rec: &recorder{}}
	// One seed and one clock for all tests: the same stack has the same ids.
	cloud, err := sandbox.Open(filepath.Join(p.dir, "sandbox.db"), sandbox.WithSeed("estatetest"),
		sandbox.WithClock(func() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }))
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = automation.New(
		automation.State("sqlite://"+filepath.ToSlash(filepath.Join(p.dir, "state.db"))),
		automation.KeyFile(filepath.Join(p.dir, "key")),
		automation.Provider("aws", cloud.Server(env.Region, env.Account)),
		automation.Environ(),
		automation.Observe(p.rec.observe),
		automation.OnError(p.rec.failed))
	t.Cleanup(func() {
		if err := errors.Join(p.cmd.Close(), cloud.Close()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// standIns deploys an empty stack with outputs for each need of the stack.
func (w *world) standIns(ctx context.Context, d describe.Description, name string) error {
	def, _ := d.Stack(name)
	for _, need := range def.Needs {
		if slices.Contains(w.stacks, need) {
			continue
		}
		i := slices.IndexFunc(w.upstream, func(u standIn) bool { return u.stack == need })
		if i < 0 {
			return fmt.Errorf("it needs %q: add estatetest.Upstream(%s.Stack, …)", need, need)
		}
		up, _ := d.Stack(need)
		for _, o := range up.Outputs {
			if _, ok := w.upstream[i].outputs[o.Name]; !ok {
				return fmt.Errorf("estatetest.Upstream: stack %q has an output %q, which is not given", need, o.Name)
			}
		}
		for key := range w.upstream[i].outputs {
			if !slices.ContainsFunc(up.Outputs, func(o describe.Output) bool { return o.Name == key }) {
				return fmt.Errorf("estatetest.Upstream: stack %q has no output %q", need, key)
			}
		}
		s, err := w.stack(ctx, need+"."+w.env.Name, exporting(w.upstream[i].outputs))
		if err != nil {
			return err
		}
		if _, err := s.Up(ctx); err != nil {
			return w.rec.explain(err)
		}
	}
	return nil
}

// exporting is a program that only has outputs.
func exporting(outputs map[string]any) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for name, v := range outputs {
			if s, ok := v.(estate.Secret); ok {
				ctx.Export(name, s.Output())
				continue
			}
			plain, err := settings.ValueOf(v)
			if err != nil {
				return fmt.Errorf("output %q: %w", name, err)
			}
			ctx.Export(name, pulumi.Any(toPulumi(plain)))
		}
		return nil
	}
}

// toPulumi turns a value into the types that Pulumi sends to the engine.
func toPulumi(v settings.Value) any {
	switch x := v.Go(func(text string) any { return text }).(type) {
	case json.Number:
		n, err := x.Float64()
		if err != nil {
			return x.String()
		}
		return n
	case []any:
		out := make([]any, len(v.List))
		for i, e := range v.List {
			out[i] = toPulumi(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v.Map))
		for k, e := range v.Map {
			out[k] = toPulumi(e)
		}
		return out
	default:
		return x
	}
}

// config checks the settings and turns them into Pulumi configuration, as the
// driver does.
func (w *world) config(def describe.Stack) (auto.ConfigMap, error) {
	values := map[string]settings.Value{}
	for key, x := range w.settings {
		v, err := settings.ValueOf(x)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", key, err)
		}
		v.Pos = settings.Pos{File: "estatetest.Settings"}
		v.Key = v.Pos
		values[key] = v
	}
	at := settings.Pos{File: "estatetest.Settings"}
	if err := settings.ErrorOf(settings.Check(def.Settings, values, at)); err != nil {
		return nil, err
	}
	carried, err := settings.ToConfig(values, func(text string) (string, error) { return text, nil })
	if err != nil {
		return nil, err
	}
	cfg := auto.ConfigMap{}
	for key, c := range carried {
		cfg[project+":"+key] = auto.ConfigValue{Value: c.Text, Secret: c.Secret}
	}
	about, err := json.Marshal(w.env)
	if err != nil {
		return nil, err
	}
	cfg["trunkline:environment"] = auto.ConfigValue{Value: string(about)}
	return cfg, nil
}

func (w *world) stack(ctx context.Context, name string, program pulumi.RunFunc) (auto.Stack, error) {
	s, err := auto.UpsertStackInlineSource(ctx, name, project, program, auto.Pulumi(w.cmd), auto.WorkDir(w.dir))
	if err != nil {
		return s, w.rec.explain(err)
	}
	return s, nil
}

// up deploys the program and collects what is there.
func (w *world) up(t testing.TB, name string, program pulumi.RunFunc, cfg auto.ConfigMap) (*Result, error) {
	t.Helper()
	s, err := w.stack(t.Context(), name, program)
	if err != nil {
		return nil, err
	}
	if err := s.SetAllConfig(t.Context(), cfg); err != nil {
		return nil, w.rec.explain(err)
	}
	w.rec.reset()
	done, err := s.Up(t.Context())
	r := &Result{t: t, world: w, name: name, stack: s, rec: w.rec, resources: w.rec.resources(), outputs: map[string]any{}, secret: map[string]bool{}}
	for key, o := range done.Outputs {
		r.outputs[key], r.secret[key] = o.Value, o.Secret
	}
	for _, x := range r.resources {
		w.names = append(w.names, x.Name)
	}
	if err != nil {
		return r, w.rec.explain(err)
	}
	definition, _, _ := strings.Cut(name, ".")
	w.stacks = append(w.stacks, definition)
	return r, nil
}
