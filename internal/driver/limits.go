package driver

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// tellLimits says, the first time that a store is used here, what it cannot
// promise.
func (d *Driver) tellLimits(store gitops.StateStore, url, dir string) {
	limits := limitsOf(store)
	if len(limits) == 0 {
		return
	}
	sum := sha256.Sum256([]byte(url))
	told := filepath.Join(dir, "told-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(told); err == nil {
		return
	}
	d.report(gitops.Progress{Note: "the state is where the Pulumi CLI keeps it, which promises less than PostgreSQL or SQLite do (trunkline doctor says it again):"})
	for _, l := range limits {
		d.report(gitops.Progress{Note: l})
	}
	_ = os.WriteFile(told, nil, 0o600) // else it is said once more
}

// limitsOf lists what a store cannot promise.
func limitsOf(store gitops.StateStore) []string {
	if l, ok := store.(interface{ Limits() []string }); ok {
		return l.Limits()
	}
	return nil
}
