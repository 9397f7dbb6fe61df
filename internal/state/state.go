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
	path   string
	writer *sql.DB // one connection: writers of this process wait in line here
	reader *sql.DB
	now    func() time.Time
	random io.Reader
	self   owner
}

var _ gitops.StateStore = (*Store)(nil)

// Option changes how a store is opened.
type Option func(*Store)

// WithClock sets the clock that leases expire by; the default is the system's.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// WithRandom sets where lease IDs come from; the default is crypto/rand.
func WithRandom(r io.Reader) Option { return func(s *Store) { s.random = r } }

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
	s := &Store{path: path, now: time.Now, random: rand.Reader, self: thisProcess()}
	for _, o := range opts {
		o(s)
	}
	if err := ensureFile(ctx, path); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		_ = s.Close() // the first error says why
		return nil, explain(path, "open", err)
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
		return explain(s.path, "close", err)
	}
	return nil
}

// Path is the absolute path of the file.
func (s *Store) Path() string { return s.path }
