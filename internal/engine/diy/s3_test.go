//go:build s3

package diy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/diy"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/statetest"
)

// TestABucketOfS3KeepsTheContract is started by test/s3/run.
func TestABucketOfS3KeepsTheContract(t *testing.T) {
	form := os.Getenv("TRUNKLINE_TEST_S3")
	if form == "" {
		t.Fatal("TRUNKLINE_TEST_S3 is not set: run test/s3/run")
	}
	statetest.Exercise(t, func(t *testing.T, dir string, now func() time.Time) gitops.StateStore {
		prefix := strings.ReplaceAll(strings.Trim(filepath.ToSlash(dir), "/"), "#", "-")
		return open(t, fmt.Sprintf(form, prefix), diy.WithClock(now))
	})
}
