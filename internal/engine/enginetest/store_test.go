package enginetest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/statetest"
)

// The store in memory has to behave like the real ones, or tests on it prove
// nothing.
func TestTheStoreInMemoryKeepsTheContractOfStores(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	stores := map[string]*enginetest.Store{}
	statetest.Exercise(t, func(_ *testing.T, dir string, now func() time.Time) gitops.StateStore {
		mu.Lock()
		defer mu.Unlock()
		if stores[dir] == nil {
			stores[dir] = enginetest.NewStore()
			stores[dir].Now = now
		}
		return stores[dir]
	})
}
