package pgtest_test

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

func TestAServerKeepsWhatItConfirmedWhenItIsKilled(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	db, err := sql.Open("pgx", s.Address(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, q := range []string{"CREATE TABLE t (n int)", "INSERT INTO t VALUES (7)"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill(t)
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("a killed server answers")
	}
	s.Restart(t)
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT n FROM t").Scan(&n); err != nil || n != 7 {
		t.Errorf("after the restart: %d, %v", n, err)
	}
	if a, b := s.URL(t), s.URL(t); a == b {
		t.Errorf("two tests share %s", a)
	}
}

func TestASettingIsTheServers(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("pgx", pgtest.Start(t, "fsync=on", "work_mem=3MB").Address(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for name, want := range map[string]string{"fsync": "on", "work_mem": "3MB"} {
		var got string
		if err := db.QueryRowContext(t.Context(), "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	var dir string
	t.Run("a test with a server", func(t *testing.T) {
		s := pgtest.Start(t)
		dir = s.Dir()
		if _, err := os.Stat(dir); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}
