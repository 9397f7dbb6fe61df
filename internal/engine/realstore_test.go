package engine_test

import (
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

func TestTheLocalStoreCarriesAStackThroughItsLife(t *testing.T) {
	t.Parallel()
	store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	w := newWorld(t)
	opts := w.options(w.provider)
	opts.Store = store
	w.Engine = engine.New(opts)
	if _, err := w.Init(t.Context(), w.stack); err != nil {
		t.Fatal(err)
	}
	w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("a")}))
	w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("b"), "key": pulumi.String("k")}))
	w.run(gitops.Refresh, nil)
	if res := w.run(gitops.Destroy, nil); res.Base != 3 || res.Version != 4 {
		t.Errorf("versions %+v", res)
	}
	history, err := store.History(t.Context(), dev, 0, 0)
	if err != nil || len(history) != 4 || history[0].Operation != gitops.Destroy || history[0].Result != "succeeded" {
		t.Errorf("history %+v, %v", history, err)
	}
	if err := w.Remove(t.Context(), dev, false); err != nil {
		t.Error(err)
	}
}
