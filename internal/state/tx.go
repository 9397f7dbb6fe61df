package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"time"
)

// querier runs statements: a transaction on a connection.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// conn is a connection that understands the statements of the store.
type conn struct {
	*sql.Conn
	dialect *dialect
}

func (c conn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.Conn.ExecContext(ctx, c.dialect.bind(query), args...)
}

func (c conn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.Conn.QueryContext(ctx, c.dialect.bind(query), args...)
}

func (c conn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.Conn.QueryRowContext(ctx, c.dialect.bind(query), args...)
}

// write runs f in a transaction. What f reads of a stack that it locks stays
// true until the transaction ends. All of f happens, or nothing.
func (s *Store) write(ctx context.Context, doing string, f func(q querier) error) error {
	return s.explain(doing, s.persist(ctx, s.writer, s.dialect.begin, s.pace.now().Add(s.pace.patience), f))
}

// read runs f in a transaction that sees one moment of the store.
func (s *Store) read(ctx context.Context, doing string, f func(q querier) error) error {
	return s.explain(doing, s.persist(ctx, s.reader, s.dialect.beginRead, s.pace.now().Add(s.pace.patience), f))
}

// commitError tells that a COMMIT failed, after which the transaction may
// nevertheless have taken effect.
type commitError struct {
	receipt string // "" where COMMIT always answers
	cause   error
}

func (e *commitError) Error() string { return e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// transact does not use sql.Tx: after a COMMIT that failed, a full disk for
// one, sql.Tx gives the connection back without ending the transaction.
func transact(ctx context.Context, db *sql.DB, d *dialect, begin string, f func(q querier) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	done := false
	defer func() { // also when f panics
		if !done {
			rollBack(ctx, c)
		}
	}()
	if _, err := c.ExecContext(ctx, begin); err != nil {
		return err
	}
	var receipt string
	if begin == d.begin && d.receipt != "" {
		receipt = rand.Text()
		if _, err := c.ExecContext(ctx, d.bind(d.receipt), receipt); err != nil {
			return err
		}
	}
	if err := f(conn{c, d}); err != nil {
		return err
	}
	ctx, cancel := finishing(ctx, d)
	defer cancel()
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		return &commitError{receipt, err}
	}
	done = true
	return nil
}

// finishing is the context for the end of a transaction, which is never left
// half way because somebody has lost interest.
func finishing(ctx context.Context, d *dialect) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if d.attempt > 0 {
		return context.WithTimeout(ctx, d.attempt)
	}
	return ctx, func() {}
}

// rollBack ends a transaction. A connection that cannot do even that is not
// used again.
func rollBack(ctx context.Context, c *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollBackTimeout)
	defer cancel()
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// rollBackTimeout is enough for a database that can be reached.
const rollBackTimeout = 5 * time.Second
