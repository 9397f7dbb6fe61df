package state

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
)

// fault says how the n-th statement goes wrong.
type fault struct {
	after bool // it takes effect, and only the answer is missing
	lost  bool // the connection is gone
}

var errInjected = errors.New("a fault that the test made")

// faults comes between a store and its database and lets one statement fail.
type faults struct {
	mu    sync.Mutex
	how   fault
	left  int // statements until it happens; 0: never
	count int // statements seen
}

// set lets the n-th statement from now fail.
func (f *faults) set(n int, how fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.how, f.count = n, how, 0
}

// happened tells whether the fault has been.
func (f *faults) happened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left == 0
}

func (f *faults) next() (now bool, how fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.left == 0 {
		return false, f.how
	}
	f.left--
	return f.left == 0, f.how
}

func (f *faults) wrap(c driver.Connector) driver.Connector { return faultyConnector{c, f} }

type faultyConnector struct {
	driver.Connector
	faults *faults
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{Conn: inner, faults: c.faults}, nil
}

type faultyConn struct {
	driver.Conn
	faults *faults
	gone   bool
}

// do runs a statement, or lets it fail; then drop forgets its answer.
func (c *faultyConn) do(run func() error, drop func()) error {
	if c.gone {
		return driver.ErrBadConn
	}
	now, how := c.faults.next()
	if !now {
		return run()
	}
	if how.after {
		if err := run(); err != nil {
			return err
		}
		drop()
	}
	if !how.lost {
		return errInjected
	}
	c.gone = true
	_ = c.Conn.Close()
	return io.ErrUnexpectedEOF
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.do(func() error {
		result, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	}, func() { result = nil })
	return result, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.do(func() error {
		rows, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return err
	}, func() {
		_ = rows.Close() // before its connection
		rows = nil
	})
	return rows, err
}

func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if inner, ok := c.Conn.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *faultyConn) ResetSession(ctx context.Context) error {
	if c.gone {
		return driver.ErrBadConn
	}
	if inner, ok := c.Conn.(driver.SessionResetter); ok {
		return inner.ResetSession(ctx)
	}
	return nil
}

func (c *faultyConn) IsValid() bool {
	inner, ok := c.Conn.(driver.Validator)
	return !c.gone && (!ok || inner.IsValid())
}

func (c *faultyConn) Close() error {
	if c.gone {
		return nil
	}
	return c.Conn.Close()
}
