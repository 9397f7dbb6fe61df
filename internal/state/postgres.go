package state

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// oldestPostgres is the first server version that is served: 13.
const oldestPostgres = 130000

// limits are set in every transaction, not for the connection, which may be a
// pooler's. A process that is stopped in the middle of a transaction keeps its
// stack locked for idle_in_transaction_session_timeout at most; who waits for
// it waits longer.
const limits = `SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '20s'; ` +
	`SET LOCAL idle_in_transaction_session_timeout = '15s'`

// receipt also removes a few receipts that are older than a day, so that there
// are never many; those that another writer is just removing are left to it.
const receipt = `WITH old AS (DELETE FROM receipts WHERE id IN (
		SELECT id FROM receipts WHERE at < CAST(extract(epoch FROM now()) AS BIGINT) - 86400
		ORDER BY at LIMIT 3 FOR UPDATE SKIP LOCKED))
	INSERT INTO receipts (id, at) VALUES (?, CAST(extract(epoch FROM now()) AS BIGINT))`

// voidReceipt is a transaction of its own, in which no search_path is set.
const voidReceipt = `INSERT INTO "%s".receipts AS r (id, at, void) VALUES (?, CAST(extract(epoch FROM now()) AS BIGINT), true)
	ON CONFLICT (id) DO UPDATE SET at = r.at RETURNING void`

// postgresDialect: writers of one stack wait for each other at its row, and the
// clock is the server's.
func postgresDialect(schema string) *dialect {
	local := `; SET LOCAL search_path = "` + schema + `", pg_temp; ` + limits
	return &dialect{
		begin:     "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" + local,
		beginRead: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" + local,
		lock:      " FOR UPDATE",
		now:       "coalesce(CAST(? AS BIGINT), CAST(extract(epoch FROM clock_timestamp()) * 1000000000 AS BIGINT))",
		numbered:  true,
		receipt:   receipt,
		void:      fmt.Sprintf(voidReceipt, schema),
		attempt:   30 * time.Second,
		advise:    advisePostgres,
		transient: transientPostgres,
		duplicate: func(err error) bool { return sqlState(err) == "23505" },
	}
}

// openPostgres opens the store at a postgres:// URL.
func (s *Store) openPostgres(ctx context.Context, raw string) error {
	a, err := parsePostgres(raw)
	if err != nil {
		return err
	}
	s.name, s.dialect = a.name, postgresDialect(a.schema)
	s.secret = a.config.Password
	prepare(a.config)
	s.writer = s.pool(a.config, 8)
	s.reader = s.writer
	err = s.read(ctx, "open", func(q querier) error { return s.checkServer(ctx, q) })
	if err != nil {
		return err
	}
	return s.explain("open", s.upgradePostgres(ctx, a))
}

// checkServer refuses a server that is too old, and makes every write durable
// where the server's own setting would not.
func (s *Store) checkServer(ctx context.Context, q querier) error {
	var version int
	var durable string
	err := q.QueryRowContext(ctx,
		`SELECT CAST(current_setting('server_version_num') AS INTEGER), current_setting('synchronous_commit')`).
		Scan(&version, &durable)
	switch {
	case err != nil:
		return err
	case version < oldestPostgres:
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("the server of the state store %s is PostgreSQL %d", s.name, version/10000),
			Next: fmt.Sprintf("use PostgreSQL %d or later", oldestPostgres/10000),
		}
	case durable == "off":
		s.dialect.begin += "; SET LOCAL synchronous_commit = on"
	}
	return nil
}

// prepare sets what the URL leaves open.
func prepare(c *pgx.ConnConfig) {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "trunkline"
	}
	c.DialFunc = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
}

// pool opens a pool of connections; the first is made when it is needed.
func (s *Store) pool(c *pgx.ConnConfig, connections int, opts ...stdlib.OptionOpenDB) *sql.DB {
	db := sql.OpenDB(s.wrap(stdlib.GetConnector(*c, opts...)))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections / 2)
	db.SetConnMaxIdleTime(time.Minute)
	return db
}
