package state_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
	"github.com/trunkline-dev/trunkline/internal/state/statetest"
)

func TestTheSQLiteStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	statetest.Exercise(t, func(t *testing.T, dir string, now func() time.Time) gitops.StateStore {
		s, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.WithClock(now))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
