package state_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
	"github.com/trunkline-dev/trunkline/internal/state/statetest"
)

func TestTheSQLiteStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	statetest.Exercise(t, func(t *testing.T, dir string, now func() time.Time) gitops.StateStore {
		return handle(t, filepath.Join(dir, "state.db"), now)
	})
}

func TestThePostgreSQLStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	var mu sync.Mutex
	urls := map[string]string{} // one schema for each directory
	statetest.Exercise(t, func(t *testing.T, dir string, now func() time.Time) gitops.StateStore {
		mu.Lock()
		if urls[dir] == "" {
			urls[dir] = server.URL(t)
		}
		url := urls[dir]
		mu.Unlock()
		return handle(t, url, now)
	})
}

func handle(t *testing.T, url string, now func() time.Time) gitops.StateStore {
	t.Helper()
	s, err := state.Open(t.Context(), url, state.WithClock(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
