// Package state keeps the state of stacks in one SQLite file.
//
// A deployment is a generation; what happened since is a journal of entries,
// each durable before Append returns and chained to the one before by hashes.
// Commit turns the journal into the next generation. The right to write is a
// lease with an epoch, and every write checks the epoch in its own transaction.
package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Store is a gitops.StateStore in a SQLite file. Besides, it knows the last
// generations of each stack.
type Store struct {
	name    string // how messages call it
	path    string // of the file
	dialect *dialect
	writer  *sql.DB // SQLite: one connection, writers of this process wait in line here
	reader  *sql.DB
	now     func() time.Time // nil: the database's clock
	random  io.Reader
	self    owner
	keep    int // generations
}

var _ gitops.StateStore = (*Store)(nil)

// Option changes how a store is opened.
type Option func(*Store)

// WithClock sets the clock that leases expire by; the default is the system's.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// WithRandom sets where lease IDs come from; the default is crypto/rand.
func WithRandom(r io.Reader) Option { return func(s *Store) { s.random = r } }

// WithGenerations sets how many committed deployments of each stack are kept,
// at least 1; the default is 50.
func WithGenerations(n int) Option { return func(s *Store) { s.keep = max(n, 1) } }

// Open opens the store at a plain path or a URL sqlite:///absolute/path, and
// makes it, with its directory, when there is none: whoever must not leave
// files behind does not open one. The concrete type is *Store.
//
// A store of a newer schema, a file that is something else, an empty, cut or
// damaged file, and one that cannot be written are errors of kind Failed that
// say what to do; a URL of another form is Invalid. None of them changes the
// file.
func Open(ctx context.Context, url string, opts ...Option) (gitops.StateStore, error) {
	path, err := parsePath(url)
	if err != nil {
		return nil, err
	}
	s := &Store{
		name: path, path: path, dialect: sqliteDialect(), now: time.Now,
		random: rand.Reader, self: thisProcess(), keep: keepGenerations,
	}
	for _, o := range opts {
		o(s)
	}
	if err := ensureFile(ctx, path); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		_ = s.Close() // the first error says why
		return nil, s.explain("open", err)
	}
	return s, nil
}

// connect opens both pools and brings the schema up to date.
func (s *Store) connect(ctx context.Context) error {
	var err error
	if s.writer, err = openDB(s.path, 1); err != nil {
		return err
	}
	if s.reader, err = openDB(s.path, 4, "query_only(1)"); err != nil {
		return err
	}
	return upgrade(ctx, s.writer, s.path)
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

// Path is the absolute path of the file.
func (s *Store) Path() string { return s.path }

// clock is the argument of dialect.now: the time by a clock of this process, or
// nil for the database's own.
func (s *Store) clock() any {
	if s.now == nil {
		return nil
	}
	return nanos(s.now())
}
