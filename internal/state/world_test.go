package state

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func open(t *testing.T, url string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*Store)
}

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// saved returns the path of a closed store with one stack.
func saved(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	return path
}

func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func scalar(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var v string
	if err := db.QueryRowContext(t.Context(), query).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func wantError(t *testing.T, err error, kind gitops.Kind, what, next string) {
	t.Helper()
	told, ok := err.(*gitops.Error)
	if !ok {
		t.Fatalf("error = %v (%T), want a *gitops.Error", err, err)
	}
	if told.Kind != kind || !strings.Contains(told.Error(), what) || !strings.Contains(told.Next, next) {
		t.Errorf("error = kind %d %q next %q, want kind %d containing %q and %q",
			told.Kind, told.Error(), told.Next, kind, what, next)
	}
}
