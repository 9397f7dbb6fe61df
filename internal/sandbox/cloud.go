package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database driver "sqlite"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Cloud is a stand-in for the AWS of every account and region, in one file. It
// is safe for concurrent use by goroutines and by processes.
type Cloud struct {
	db    *sql.DB
	path  string
	now   func() time.Time
	seed  string
	types types.Catalog
}

// Option changes how a Cloud is opened.
type Option func(*Cloud)

// WithClock sets the clock. The default is time.Now.
func WithClock(now func() time.Time) Option { return func(c *Cloud) { c.now = now } }

// WithSeed makes the identifiers of a new cloud repeatable: the same seed, URN
// and number of earlier creations give the same identifier. The default is a
// seed of its own for each new file.
func WithSeed(seed string) Option { return func(c *Cloud) { c.seed = seed } }

// version is the version of the database's layout.
const version = 1

const schema = `
CREATE TABLE meta (seed TEXT NOT NULL);
CREATE TABLE resources (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	type TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
	urn TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, created TEXT NOT NULL, state TEXT NOT NULL,
	UNIQUE (account, region, type, id)
);
CREATE TABLE log (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	time TEXT NOT NULL, operation TEXT NOT NULL,
	type TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
	urn TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX log_urn ON log (urn);
CREATE TABLE faults (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	type TEXT NOT NULL, name TEXT NOT NULL, operation TEXT NOT NULL,
	message TEXT NOT NULL, delay INTEGER NOT NULL, after INTEGER NOT NULL, remaining INTEGER NOT NULL
);`

// Open opens the cloud in the file at path and creates it when there is none.
// The file is readable by its owner only, for it holds what programs were given
// as secrets. Errors are of kind Failed, or Invalid for a file of a newer
// Trunkline.
func Open(path string, opts ...Option) (*Cloud, error) {
	c := &Cloud{path: path, now: time.Now}
	for _, o := range opts {
		o(c)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "the sandbox cannot be opened", Err: err}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "the sandbox cannot be opened", Err: err}
	}
	if err := f.Close(); err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "the sandbox cannot be opened", Err: err}
	}
	c.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, c.broken(err)
	}
	if err := c.prepare(); err != nil {
		return nil, errors.Join(err, c.db.Close())
	}
	return c, nil
}

// Close closes the file. Calls in flight end with an error.
func (c *Cloud) Close() error { return c.db.Close() }

// prepare creates the tables of a new file and reads the seed.
func (c *Cloud) prepare() error {
	ctx := context.Background()
	return c.write(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		switch {
		case have > version:
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("the sandbox in %s was made by a newer Trunkline", c.path),
				Next: "use that version, or move the file away to start with an empty cloud"}
		case have == 0:
			if c.seed == "" {
				c.seed = rand.Text()
			}
			if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO meta (seed) VALUES (?)", c.seed)
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT seed FROM meta").Scan(&c.seed)
	})
}

// write runs f in a transaction that excludes every other writer.
func (c *Cloud) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return c.broken(err)
	}
	if err := f(tx); err != nil {
		return c.broken(errors.Join(err, rollback(tx)))
	}
	if err := tx.Commit(); err != nil {
		return c.broken(err)
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}
