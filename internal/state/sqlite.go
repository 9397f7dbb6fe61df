package state

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// busyTimeout is how long a statement waits for another process, in
// milliseconds. Transactions here are short.
const busyTimeout = "10000"

// openDB opens a pool of connections to an existing database file. Rows are
// durable when a commit returns, also after a power cut; the file is never
// mapped into memory, where a stray write could damage it.
func openDB(path string, connections int, pragmas ...string) (*sql.DB, error) {
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
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// querier runs statements: a transaction on a connection.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs f in a transaction that holds the write lock from its start, so
// that what f reads stays true until it commits. All of f happens, or nothing.
func (s *Store) write(ctx context.Context, doing string, f func(q querier) error) error {
	return explain(s.path, doing, transact(ctx, s.writer, "BEGIN IMMEDIATE", f))
}

// read runs f in a transaction that sees one moment of the store.
func (s *Store) read(ctx context.Context, doing string, f func(q querier) error) error {
	return explain(s.path, doing, transact(ctx, s.reader, "BEGIN", f))
}

// transact does not use sql.Tx: after a COMMIT that failed, a full disk for
// one, sql.Tx gives the connection back without ending the transaction.
func transact(ctx context.Context, db *sql.DB, begin string, f func(q querier) error) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, begin); err != nil {
		return err
	}
	done := false
	defer func() { // also when f panics
		if !done {
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err := f(c); err != nil {
		return err
	}
	_, err = c.ExecContext(context.WithoutCancel(ctx), "COMMIT") // never half way
	done = err == nil
	return err
}
