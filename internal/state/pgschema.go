package state

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// pgSchemaVersion is the number of the newest migration for PostgreSQL.
const pgSchemaVersion = 3

//go:embed migrations/postgres/*.sql
var pgMigrations embed.FS

// upgradePostgres brings the schema to pgSchemaVersion and refuses a newer one.
func (s *Store) upgradePostgres(ctx context.Context, a pgAddress) error {
	version, err := s.pgVersion(ctx)
	if err != nil || version == pgSchemaVersion {
		return err
	}
	// One process at a time; the others then find it done.
	hash := fnv.New64a()
	hash.Write([]byte("trunkline " + a.schema))
	begin := "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
	return transact(ctx, s.writer, s.dialect, begin, func(q querier) error {
		if _, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(hash.Sum64())); err != nil {
			return err
		}
		version, err := s.pgVersion(ctx)
		if err != nil || version == pgSchemaVersion {
			return err
		}
		return s.migratePostgres(ctx, a)
	})
}

// pgVersion returns the version of the schema, 0 when it is not there. A newer
// one than this program knows is an error.
func (s *Store) pgVersion(ctx context.Context) (version int, err error) {
	var madeBy string
	err = transact(ctx, s.reader, s.dialect, s.dialect.beginRead, func(q querier) error {
		return q.QueryRowContext(ctx,
			`SELECT coalesce(max(CASE WHEN key = 'schema' THEN CAST(value AS INTEGER) END), 0),
			        coalesce(max(CASE WHEN key = 'schema_made_by' THEN value END), '') FROM meta`).Scan(&version, &madeBy)
	})
	switch {
	case sqlState(err) == "42P01": // no such table
		return 0, nil
	case err == nil && version > pgSchemaVersion:
		return version, newerSchema(s.name, version, pgSchemaVersion, madeBy)
	}
	return version, err
}

func (s *Store) migratePostgres(ctx context.Context, a pgAddress) (err error) {
	files, err := fs.Sub(pgMigrations, "migrations/postgres")
	if err != nil {
		return err
	}
	schema := pgx.Identifier{a.schema}.Sanitize()
	db := s.pool(a.config, 2, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SET search_path = "+schema+", pg_temp")
		return err
	}))
	defer func() { err = errors.Join(err, db.Close()) }()
	var exists bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, a.schema).Scan(&exists)
	if err == nil && !exists {
		_, err = db.ExecContext(ctx, "CREATE SCHEMA "+schema)
	}
	if err != nil {
		return cannotMake(s.name, a, err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return cannotMake(s.name, a, err)
	}
	_, err = db.ExecContext(ctx,
		`INSERT INTO meta (key, value) VALUES ('schema_made_by', $1)
		 ON CONFLICT (key) DO UPDATE SET value = excluded.value`, trunklineVersion())
	return err
}

// cannotMake says what an account needs that may not make the tables, and what
// to do when there are others of that name.
func cannotMake(name string, a pgAddress, err error) error {
	switch sqlState(err) {
	case "42501":
		return &gitops.Error{
			Kind: gitops.Denied, What: fmt.Sprintf("the user %s may not make the tables of the state store %s", a.config.User, name), Err: err,
			Next: fmt.Sprintf("let an administrator run: CREATE SCHEMA %q AUTHORIZATION %q", a.schema, a.config.User),
		}
	case "42P07":
		return &gitops.Error{
			Kind: gitops.Failed, What: fmt.Sprintf("the schema %s of the state store %s holds tables of something else", a.schema, name), Err: err,
			Next: "give it a schema of its own: add ?schema=" + defaultSchema + " to the URL",
		}
	}
	return err
}
