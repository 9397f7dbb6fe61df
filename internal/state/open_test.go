package state

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var (
	dev  = gitops.StackRef{Project: "trunkline", Stack: "data.dev"}
	tiny = []byte(`{"version":3,"deployment":{"resources":[{},{}]}}`)
)

func TestOpenMakesAPrivateStoreWithItsDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".trunkline", "state.db")
	s := open(t, path)
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]os.FileMode{
		filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", filepath.Base(file), info.Mode().Perm(), want)
		}
	}
	closeStore(t, s)
	if files := names(t, filepath.Dir(path)); len(files) != 2 {
		t.Errorf("after closing there are %v, want the store and the file that says so", files)
	}
}

func TestAPathMayContainAnything(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "a?mode=ro", "a#b", "a%41", "å&=;", "file:x"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path)
		if err := s.Create(t.Context(), dev, tiny); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		want := []string{name, name + "-made"} // the store, and the file that says so
		if files := names(t, filepath.Dir(path)); !slices.Equal(files, want) {
			t.Errorf("the store is in %q, want %q", files, want)
		}
	}
}

func TestAURLNamesTheSameStoreAsItsPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "with space")
	s := open(t, "sqlite://"+strings.ReplaceAll(path, " ", "%20"))
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Load(t.Context(), dev); err != nil {
		t.Error(err)
	}
}

func TestOtherURLsAreRefusedWithoutTheirPassword(t *testing.T) {
	t.Parallel()
	for url, what := range map[string]string{
		"":                                "is empty",
		"mysql://u:hunter2@h/db":          "scheme is not sqlite",
		"file:///tmp/state":               "scheme is not sqlite",
		"sqlite://state.db":               "names a host",
		"sqlite://u:hunter2@/state.db":    "names a host",
		"sqlite:///":                      "has no path",
		"sqlite:///a.db?mode=memory":      "has parameters",
		"sqlite:///%zz":                   "is not a URL",
		"post gres://u:hunter2@h/%zz":     "scheme is not sqlite",
		"sqlite://u:hunter2@host:x/%zz#f": "is not a URL",
	} {
		_, err := Open(t.Context(), url)
		wantError(t, err, gitops.Invalid, what, "sqlite:///absolute/path")
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"", "x", "sqlite:///a", "sqlite://h/a", "s3://b?r=1", "sqlite:///%2e%2e/a", "://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path, err := parsePath(s)
		switch {
		case err == nil && !filepath.IsAbs(path):
			t.Errorf("%q gives the relative path %q", s, path)
		case err != nil && gitops.KindOf(err) != gitops.Invalid:
			t.Errorf("%q gives an error of kind %d: %v", s, gitops.KindOf(err), err)
		}
	})
}

func TestRacingFirstOpensEndWithOneStore(t *testing.T) {
	t.Parallel()
	for range 10 {
		path := filepath.Join(t.TempDir(), "state.db")
		errs := make(chan error, 6)
		for i := range cap(errs) {
			go func() {
				s, err := Open(context.Background(), path)
				if err == nil {
					err = s.Create(context.Background(), gitops.StackRef{Project: "p", Stack: fmt.Sprint(i)}, tiny)
					_ = s.Close()
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		list, err := open(t, path).Stacks(t.Context(), "p")
		if err != nil || len(list) != cap(errs) {
			t.Fatalf("%d of %d stacks are in the store: %v", len(list), cap(errs), err)
		}
		if files := names(t, filepath.Dir(path)); len(files) > 4 {
			t.Fatalf("temporary files were left: %v", files)
		}
	}
}

func TestAStoreThatOthersCanReadIsMadePrivate(t *testing.T) {
	t.Parallel()
	path := saved(t)
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o, want 0600", info.Mode().Perm())
	}
}

func TestADirectoryIsNotAStore(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), t.TempDir())
	wantError(t, err, gitops.Failed, "is not a file", "path of a file")
}

func TestAPlaceThatCannotBeWrittenIsReported(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), filepath.Join(file, "dir", "state.db"))
	wantError(t, err, gitops.Failed, "cannot", "")
	if runtime.GOOS == "linux" {
		_, err := Open(t.Context(), "/proc/trunkline/state.db") // refuses root too
		wantError(t, err, gitops.Failed, "cannot make the state store /proc/trunkline/state.db", "check the disk and the rights")
	}
}

func TestAnotherProgramsDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.db")
	db := raw(t, "file:"+path)
	run(t, db, "CREATE TABLE theirs (x)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := content(t, path)
	_, err := Open(t.Context(), path)
	wantError(t, err, gitops.Failed, "not a state store of Trunkline", "another path")
	if content(t, path) != before {
		t.Error("their file was changed")
	}
}

func TestANewerSchemaIsRefusedWithTheVersionThatMadeIt(t *testing.T) {
	t.Parallel()
	path := saved(t)
	db := raw(t, "file:"+path)
	run(t, db, "PRAGMA user_version = 99")
	run(t, db, "UPDATE meta SET value = 'v9.1.0' WHERE key = 'schema_made_by'")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := content(t, path)
	_, err := Open(t.Context(), path)
	wantError(t, err, gitops.Failed, "has schema 99, made by trunkline v9.1.0", "use trunkline v9.1.0 or later")
	wantError(t, err, gitops.Failed, "knows schema 3", "")
	if content(t, path) != before {
		t.Error("the newer store was changed")
	}
}

func TestTheMigrationsLeadToTheSchemaThatIsExpected(t *testing.T) {
	t.Parallel()
	files, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		b, err := migrations.ReadFile("migrations/sqlite/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(f.Name(), fmt.Sprintf("%05d_", i+1)) ||
			!strings.Contains(string(b), fmt.Sprintf("PRAGMA user_version = %d;", i+1)) {
			t.Errorf("%s is not migration %d or does not set that version", f.Name(), i+1)
		}
	}
	if len(files) != schemaVersion {
		t.Errorf("schemaVersion is %d with %d migrations", schemaVersion, len(files))
	}
}

// TestSQLiteIsSafeForTwoConnections: SQLite before 3.51.3 can damage a
// database in WAL mode when two connections write and checkpoint at once.
func TestSQLiteIsSafeForTwoConnections(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "mmap_size": "0", "foreign_keys": "1"} {
		if got := scalar(t, s.writer, "PRAGMA "+pragma); got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	if v := scalar(t, s.writer, "SELECT sqlite_version()"); semver.Compare("v"+v, "v3.51.3") < 0 {
		t.Errorf("SQLite %s is too old", v)
	}
}

func TestAMissingStoreIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	path := saved(t)
	backup := content(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := Open(t.Context(), path)
		wantError(t, err, gitops.Failed, "is missing", "put the file or a backup of it back")
	}
	if err := os.WriteFile(path, []byte(backup), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if list, err := s.Stacks(t.Context(), ""); err != nil || len(list) != 1 {
		t.Errorf("with its backup it has %v, %v", list, err)
	}
}

func TestAStoreIsNamedByAURLWithoutItsPassword(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "a b.db"))
	if got, want := s.URL(), "sqlite://"+strings.ReplaceAll(s.Path(), " ", "%20"); got != want {
		t.Errorf("the file is called %s, want %s", got, want)
	}
	for address, want := range map[string]string{
		"postgres://ana:hunter2@db.example:5433/estate?sslmode=verify-full":         "postgres://ana@db.example:5433/estate",
		"postgresql:///estate?host=/run/pg&user=ana&password=hunter2&schema=prod_1": "postgres:///estate?host=/run/pg&schema=prod_1&user=ana",
	} {
		a, err := parsePostgres(address)
		if err != nil || a.name != want {
			t.Errorf("%s is called %s, %v, want %s", address, a.name, err, want)
		}
	}
}

func TestThePostgreSQLMigrationsLeadToTheSchemaThatIsExpected(t *testing.T) {
	t.Parallel()
	files, err := pgMigrations.ReadDir("migrations/postgres")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		b, err := pgMigrations.ReadFile("migrations/postgres/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(f.Name(), fmt.Sprintf("%05d_", i+1)) || !strings.Contains(string(b), fmt.Sprintf("'%d'", i+1)) {
			t.Errorf("%s is not migration %d or does not set that version", f.Name(), i+1)
		}
	}
	if len(files) != pgSchemaVersion {
		t.Errorf("pgSchemaVersion is %d with %d migrations", pgSchemaVersion, len(files))
	}
}
