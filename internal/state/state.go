// Package state keeps the state of stacks, in one SQLite file or in a
// PostgreSQL database.
//
// A deployment is a generation; what happened since is a journal of entries,
// each durable before Append returns and chained to the one before by hashes.
// Commit turns the journal into the next generation. The right to write is a
// lease with an epoch, and every write checks the epoch in its own transaction.
package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// Store is a gitops.StateStore in a SQLite file or a PostgreSQL database.
type Store struct {
	name    string // how messages call it
	path    string // of the file; "" for PostgreSQL
	secret  string // must not be in any message
	dialect *dialect
	writer  *sql.DB // SQLite: one connection, writers of this process wait in line here
	reader  *sql.DB
	now     func() time.Time // nil: the database's clock
	self    owner.Process
	keep    int // generations
	pace    pace
	// wrap lets a test come between the store and its database.
	wrap func(driver.Connector) driver.Connector
}

var _ gitops.StateStore = (*Store)(nil)

// Option changes how a store is opened.
type Option func(*Store)

// WithClock sets the clock that leases expire by; the default is the system's
// for SQLite and the server's for PostgreSQL.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// Open opens a store and makes it when there is none. The concrete type is
// *Store.
//
// A plain path or a URL sqlite:///absolute/path names a file; its directory is
// made too: whoever must not leave files behind does not open one. A URL
// postgres://user:password@host:port/database takes the parameters of libpq,
// such as sslmode, and schema, which is "trunkline" by default; what it leaves
// out comes from the variables PGUSER, PGPASSWORD and so on. The account must be
// allowed to make the schema, once.
//
// A store of a newer schema, a file that is something else, an empty, cut or
// damaged file, one that cannot be written, and a server that cannot be reached
// are errors of kind Failed that say what to do; a user or a password that the
// server refuses is Denied; a URL of another form is Invalid. None of them
// changes the store, and no text shows a password.
func Open(ctx context.Context, address string, opts ...Option) (gitops.StateStore, error) {
	s := &Store{
		self: owner.This(), keep: keepGenerations, pace: defaultPace(),
		wrap: func(c driver.Connector) driver.Connector { return c },
	}
	for _, o := range opts {
		o(s)
	}
	open := s.openSQLite
	if isPostgres(address) {
		open = s.openPostgres
	}
	if err := open(ctx, address); err != nil {
		_ = s.Close() // the first error says why
		return nil, err
	}
	return s, nil
}

// Close releases the store. Leases stay until they are released or expire.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s.explain("close", err)
	}
	return nil
}

// Path is the absolute path of the file, "" for a database of a server.
func (s *Store) Path() string { return s.path }

// URL names the store for people, without a password.
func (s *Store) URL() string {
	if s.path == "" {
		return s.name
	}
	return (&url.URL{Scheme: "sqlite", Path: filepath.ToSlash(s.path)}).String()
}

// clock is the argument of dialect.now: the time by a clock of this process, or
// nil for the database's own.
func (s *Store) clock() any {
	if s.now == nil {
		return nil
	}
	return nanos(s.now())
}
