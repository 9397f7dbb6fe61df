package state

import (
	"crypto/sha256"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// TestAStoreOfTheFirstSchemaKeepsEverything makes a store as the first version
// of the program did, and opens it with this one.
func TestAStoreOfTheFirstSchemaKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	old := raw(t, "file:"+path)
	run(t, old, "PRAGMA application_id = 0x54524b4c")
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, old, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	d := `{"version":3,"deployment":{"resources":[{},{}],"pending_operations":[{}]}}`
	run(t, old, "INSERT INTO stacks (id, project, name, version, updated) VALUES (7, 'trunkline', 'data.dev', 1, 5)")
	insert := "INSERT INTO generations (stack, version, deployment, sha256, resources, created) VALUES (7, ?, ?, ?, ?, 5)"
	run(t, old, insert, 0, tiny, sha(tiny), 2)
	run(t, old, insert, 1, []byte(d), sha([]byte(d)), 2)
	run(t, old, "UPDATE generations SET deployment = x'00' WHERE version = 0") // damaged
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	s := open(t, path)
	state, err := s.Load(t.Context(), dev)
	if err != nil || string(state.Deployment) != d || state.Version != 1 {
		t.Errorf("version %d %s, %v", state.Version, state.Deployment, err)
	}
	list, err := s.Stacks(t.Context(), "")
	want := []gitops.StackInfo{{Ref: dev, Version: 1, Resources: 2, Pending: 1, Updated: fromNanos(5)}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("%v, the list (-want +got):\n%s", err, diff)
	}
	_, err = s.Generation(t.Context(), dev, 0)
	wantError(t, err, gitops.Failed, "does not match what was recorded", "")
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "ana", TTL: 1})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, l)
	closeStore(t, s)
	if s := open(t, path); number(t, s.writer, "PRAGMA user_version") != schemaVersion {
		t.Error("the schema was not raised for good")
	}
}

func sha(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
