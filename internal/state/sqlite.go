package state

import (
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
