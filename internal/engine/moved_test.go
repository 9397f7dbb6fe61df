package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// mortal is a store whose leases stop to commit, as those of a process do that
// was killed.
type mortal struct {
	gitops.StateStore
	dies atomic.Bool
}

func (m *mortal) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	l, err := m.StateStore.Lease(ctx, ref, req)
	return mortalLease{l, m}, err
}

type mortalLease struct {
	gitops.Lease
	m *mortal
}

// Commit works for what is committed before anything has begun.
func (l mortalLease) Commit(ctx context.Context, d []byte, u gitops.UpdateRecord) (int64, error) {
	if l.m.dies.Load() && u.Operation != "" {
		return 0, errors.New("killed")
	}
	return l.Lease.Commit(ctx, d, u)
}

// A crash in the very update that moves a state to another passphrase leaves
// old resources and new journal entries. Both must open.
func TestACrashWhileSecretsMoveLeavesAStateThatOpens(t *testing.T) {
	t.Parallel()
	store := &mortal{StateStore: enginetest.NewStore()}
	e := New(Options{Store: store, Providers: map[string]pulumirpc.ResourceProviderServer{"test": enginetest.NewProvider()},
		Key: func() (KeyCrypter, error) { return enginetest.Key("k1"), nil }})
	stack := Stack{Ref: dev, Secrets: SecretsSettings{Provider: "key"}}
	if _, err := e.Init(t.Context(), stack); err != nil {
		t.Fatal(err)
	}
	update := func(s Stack, names ...string) error {
		_, err := e.Run(t.Context(), Request{Stack: s, Operation: gitops.Update, Root: t.TempDir(),
			Program: enginetest.Serve(t, func(ctx *pulumi.Context) error {
				for _, n := range names {
					value := pulumi.ToSecret(pulumi.String("hunter2-" + n)).(pulumi.StringOutput)
					if _, err := enginetest.NewThing(ctx, n, pulumi.Map{"value": value}); err != nil {
						return err
					}
				}
				if store.dies.Load() {
					return errors.New("what was made earlier is not reached")
				}
				return nil
			})})
		return err
	}
	if err := update(stack, "one"); err != nil {
		t.Fatal(err)
	}
	moved := stack
	moved.Secrets = SecretsSettings{Provider: "passphrase", EncryptionSalt: salted(t, "right"),
		Passphrase: func() (string, bool, error) { return "right", true, nil }}
	store.dies.Store(true)
	if err := update(moved, "two"); err == nil {
		t.Fatal("the update should have died")
	}
	store.dies.Store(false)
	if st, err := store.Load(t.Context(), dev); err != nil || len(st.Journal) == 0 {
		t.Fatalf("nothing was left behind: %v", err)
	}
	if _, err := New(e.opts).Export(t.Context(), moved, true); err != nil {
		t.Fatalf("what was left cannot be opened: %v", err)
	}
	if err := update(moved, "one", "two"); err != nil {
		t.Error(err)
	}
}
