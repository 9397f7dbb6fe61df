package engine_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// BenchmarkTenStacks updates ten new stacks one after the other: with a provider
// of this process, with a plugin whose process is kept, and with one that is
// started for each.
func BenchmarkTenStacks(b *testing.B) {
	p := enginetest.InstallPlugin(b)
	run := func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"value": pulumi.String("a")})
		return err
	}
	for name, opts := range map[string]engine.Options{
		"embedded": {},
		"warm":     {Plugins: plugins.Options{}},
		"cold":     {Plugins: plugins.Options{Idle: -1}},
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			if name == "embedded" {
				opts = w.options(enginetest.NewProvider())
			}
			opts.Store, opts.Key = w.store, w.options(nil).Key
			e := engine.New(opts)
			defer func() {
				if err := e.Close(); err != nil {
					b.Error(err)
				}
			}()
			root := b.TempDir()
			addr := enginetest.Serve(b, run)
			made := 0
			for b.Loop() {
				for range 10 {
					made++
					s := engine.Stack{Ref: gitops.StackRef{Project: "trunkline", Stack: fmt.Sprintf("s%d.dev", made)}}
					if err := w.store.Create(b.Context(), s.Ref, []byte(`{"version":3,"deployment":{}}`)); err != nil {
						b.Fatal(err)
					}
					_, err := e.Run(b.Context(), engine.Request{
						Stack: s, Operation: gitops.Preview, Root: root, Program: addr, Env: p.Env("bench", nil),
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
