package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
	return s.explain(doing, transact(ctx, s.writer, s.dialect, s.dialect.begin, f))
}

// read runs f in a transaction that sees one moment of the store.
func (s *Store) read(ctx context.Context, doing string, f func(q querier) error) error {
	return s.explain(doing, transact(ctx, s.reader, s.dialect, s.dialect.beginRead, f))
}

// transact does not use sql.Tx: after a COMMIT that failed, a full disk for
// one, sql.Tx gives the connection back without ending the transaction.
func transact(ctx context.Context, db *sql.DB, d *dialect, begin string, f func(q querier) error) (err error) {
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
			rollBack(context.WithoutCancel(ctx), c)
		}
	}()
	if err := f(conn{c, d}); err != nil {
		return err
	}
	_, err = c.ExecContext(context.WithoutCancel(ctx), "COMMIT") // never half way
	done = err == nil
	return err
}

// rollBack ends a transaction. A connection that cannot do even that is not
// used again.
func rollBack(ctx context.Context, c *sql.Conn) {
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
}
