package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// world is an engine with everything around it in memory, and one stack.
type world struct {
	*engine.Engine
	t        testing.TB
	store    *enginetest.Store
	provider *enginetest.Provider
	stack    engine.Stack
}

var dev = gitops.StackRef{Project: "trunkline", Stack: "net.dev"}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: enginetest.NewStore(), provider: enginetest.NewProvider(), stack: engine.Stack{Ref: dev}}
	w.Engine = w.another()
	if _, err := w.Init(t.Context(), w.stack); err != nil {
		t.Fatal(err)
	}
	return w
}

// another returns a second engine on the same store, as another process has.
func (w *world) another() *engine.Engine { return engine.New(w.options(w.provider)) }

func (w *world) options(p pulumirpc.ResourceProviderServer) engine.Options {
	return engine.Options{
		Store: w.store, Providers: map[string]pulumirpc.ResourceProviderServer{"test": p},
		Key: func() (engine.KeyCrypter, error) { return enginetest.Key("k1"), nil },
	}
}

func (w *world) request(op gitops.Operation, run pulumi.RunFunc) engine.Request {
	req := engine.Request{Stack: w.stack, Operation: op, Root: w.t.TempDir()}
	if run != nil {
		req.Program = enginetest.Serve(w.t, run)
	}
	return req
}

// run does an operation that must succeed.
func (w *world) run(op gitops.Operation, run pulumi.RunFunc) engine.Result {
	w.t.Helper()
	res, err := w.Run(w.t.Context(), w.request(op, run))
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	return res
}

// one is a program with a single thing.
func one(inputs pulumi.Map) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		t, err := enginetest.NewThing(ctx, "one", inputs)
		if err != nil {
			return err
		}
		ctx.Export("value", t.Value)
		return nil
	}
}

func TestAStackLivesFromPreviewToDestroy(t *testing.T) {
	w := newWorld(t)
	first, second := one(pulumi.Map{"value": pulumi.String("a")}), one(pulumi.Map{"value": pulumi.String("b")})
	steps := []struct {
		op    gitops.Operation
		run   pulumi.RunFunc
		want  map[string]int
		cloud int
	}{
		{gitops.Preview, first, map[string]int{"create": 2}, 0},
		{gitops.Update, first, map[string]int{"create": 2}, 1},
		{gitops.Update, first, map[string]int{"same": 2}, 1},
		{gitops.Preview, second, map[string]int{"same": 1, "update": 1}, 1},
		{gitops.Update, second, map[string]int{"same": 1, "update": 1}, 1},
		{gitops.Refresh, nil, map[string]int{"same": 2}, 1},
		{gitops.Destroy, nil, map[string]int{"delete": 2}, 0},
	}
	for _, s := range steps {
		res := w.run(s.op, s.run)
		if diff := cmp.Diff(s.want, res.Changes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.op, diff)
		}
		if n := len(w.provider.Things()); n != s.cloud {
			t.Errorf("after %s the cloud has %d things, want %d", s.op, n, s.cloud)
		}
	}
	if n := w.store.Journal(dev); n != 0 {
		t.Errorf("%d journal entries were left behind", n)
	}
}
