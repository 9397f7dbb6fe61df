package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"github.com/pressly/goose/v3"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	// applicationID tells a store from other SQLite files: "TRKL".
	applicationID = 0x54524b4c
	// schemaVersion is the number of the newest migration.
	schemaVersion = 3
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// buildStore turns an empty file into a store.
func buildStore(ctx context.Context, path string) (err error) {
	db := sql.OpenDB(file{dsn(path)})
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		"PRAGMA journal_mode = WAL", // stays in the file
	} {
		if _, err := db.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	if err := upgrade(ctx, db, path); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// upgrade brings the schema to schemaVersion, and refuses a file that is not a
// store or has a newer schema.
func upgrade(ctx context.Context, db *sql.DB, path string) error {
	var id, version int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case id != applicationID:
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("%s is not a state store of Trunkline, or was cut short", path),
			Next: "give another path for the state, or put a backup of the store there",
		}
	case version > schemaVersion:
		return newerSchema(path, version, schemaVersion, madeBy(ctx, db))
	case version == schemaVersion:
		return nil
	}
	return migrate(ctx, db)
}

// migrate runs the missing migrations. Another process may do the same; the
// slower of the two fails and finds them done.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, upErr := p.Up(ctx); upErr != nil {
		var version int
		err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
		if err != nil || version != schemaVersion {
			return upErr
		}
	}
	_, err = db.ExecContext(ctx,
		`INSERT INTO meta (key, value) VALUES ('schema_made_by', ?)
		 ON CONFLICT (key) DO UPDATE SET value = excluded.value`, trunklineVersion())
	return err
}

// madeBy returns the version of the program that made the schema, "" when that
// is not known.
func madeBy(ctx context.Context, db *sql.DB) string {
	var v string
	if db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'schema_made_by'").Scan(&v) != nil {
		return ""
	}
	return v
}

// newerSchema is the error for a store that a newer program has made.
func newerSchema(name string, version, known int, program string) error {
	if program == "" {
		program = "a newer version"
	} else {
		program = "trunkline " + program
	}
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("the state store %s has schema %d, made by %s; this is trunkline %s, which knows schema %d",
			name, version, program, trunklineVersion(), known),
		Next: "use " + program + " or later",
	}
}

// trunklineVersion is the module version this program was built from.
func trunklineVersion() string {
	const module = "github.com/trunkline-dev/trunkline"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}
