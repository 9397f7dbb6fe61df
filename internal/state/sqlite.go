package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// busyTimeout is how long a statement waits for another process, in
// milliseconds. Transactions here are short.
const busyTimeout = "10000"

// openSQLite opens the store in a file.
func (s *Store) openSQLite(ctx context.Context, address string) error {
	path, err := parsePath(address)
	if err != nil {
		return err
	}
	s.name, s.path, s.dialect = path, path, sqliteDialect()
	if s.now == nil {
		s.now = time.Now
	}
	if err := ensureFile(ctx, path); err != nil {
		return err
	}
	return s.explain("open", s.connect(ctx))
}

// connect opens both pools and brings the schema up to date.
func (s *Store) connect(ctx context.Context) error {
	s.writer = s.sqlitePool(1)
	s.reader = s.sqlitePool(4, "query_only(1)")
	return upgrade(ctx, s.writer, s.path)
}

func (s *Store) sqlitePool(connections int, pragmas ...string) *sql.DB {
	db := sql.OpenDB(s.wrap(file{dsn(s.path, pragmas...)}))
	db.SetMaxOpenConns(connections)
	return db
}

// file makes connections to a database file.
type file struct{ dsn string }

// Connect implements driver.Connector.
func (f file) Connect(context.Context) (driver.Conn, error) { return f.Driver().Open(f.dsn) }

// Driver implements driver.Connector.
func (f file) Driver() driver.Driver { return &sqlite.Driver{} }

// dsn names an existing database file. Rows are durable when a commit returns,
// also after a power cut; the file is never mapped into memory, where a stray
// write could damage it.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"mode": {"rw"}}
	q["_pragma"] = append([]string{
		"busy_timeout(" + busyTimeout + ")",
		"synchronous(FULL)",
		"fullfsync(1)",
		"foreign_keys(1)",
		"mmap_size(0)",
		"trusted_schema(0)",
	}, pragmas...)
	file := filepath.ToSlash(path)
	if !strings.HasPrefix(file, "/") { // a drive letter
		file = "/" + file
	}
	return "file://" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

// sqliteDialect: one writer at a time, known from the start of its transaction,
// and the clock of this machine.
func sqliteDialect() *dialect {
	return &dialect{
		begin:     "BEGIN IMMEDIATE",
		beginRead: "BEGIN",
		now:       "CAST(? AS INTEGER)",
		advise:    adviseFile,
		transient: func(error) bool { return false },
		duplicate: func(error) bool { return false }, // names are looked up under the one lock
	}
}
