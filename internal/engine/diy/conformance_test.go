package diy_test

import (
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/diy"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/statetest"
)

func TestTheDirectoryOfPulumiKeepsTheContract(t *testing.T) {
	t.Parallel()
	statetest.Exercise(t, func(t *testing.T, dir string, now func() time.Time) gitops.StateStore {
		return open(t, "file://"+dir, diy.WithClock(now))
	})
}

// open opens a store until the end of the test.
func open(t *testing.T, url string, opts ...diy.Option) gitops.StateStore {
	t.Helper()
	s, err := diy.Open(t.Context(), url, opts...)
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
