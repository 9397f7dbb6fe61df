package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// sqlState is PostgreSQL's code for an error, "" when the server did not send
// it.
func sqlState(err error) string {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// transientPostgres tells that the connection was lost, that none could be
// made, or that the server ended the transaction for a reason that passes.
func transientPostgres(err error) bool {
	if code := sqlState(err); code != "" {
		return code[:2] == "08" || // connection exceptions
			slices.Contains([]string{
				"57P01", "57P02", "57P03", // shut down, crashed, starting
				"25P03", "57P05", "57014", "55P03", // timeouts
				"40001", "40P01", // lost against another transaction
				"53300", // too many connections
			}, code)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSlow) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// advisePostgres says what to do about what the server, or the way to it, says.
func advisePostgres(name string, err error) (gitops.Kind, string) {
	var connect *pgconn.ConnectError
	switch code := sqlState(err); {
	case code == "28P01" || code == "28000":
		return gitops.Denied, "check the user in the URL or PGUSER, and the password, which comes from PGPASSWORD or from the file ~/.pgpass (PGPASSFILE)"
	case code == "42501":
		return gitops.Denied, "let an administrator grant the user the rights on the schema of the state store"
	case code == "3D000":
		return gitops.Failed, "make the database (createdb), or give the name of one that exists"
	case code == "25006":
		return gitops.Failed, "the server is a read-only copy: give the address of the primary, or add target_session_attrs=read-write to the URL"
	case code == "53100" || code == "53200":
		return gitops.Failed, "make room on the server, then run the command again: what was saved before is intact"
	case code == "42P01" || code == "3F000":
		return gitops.Failed, "tables of the state store are missing: check the schema in the URL, or restore a backup of the database"
	case code == "55P03" || code == "57014" || code == "25P03":
		return gitops.Failed, "another program has held the stack's row for a long time: look into pg_stat_activity, then try again"
	case code == "53300":
		return gitops.Failed, "the server has no connection left: raise max_connections, or end other clients, then try again"
	case code == "XX001" || code == "XX002":
		return gitops.Failed, "the database is damaged: keep a copy of it and restore a backup"
	case errors.As(err, &connect) || transientPostgres(err):
		return gitops.Failed, "check that the server runs, that its host, port and TLS settings are right and that this machine can reach it, then try again"
	}
	return gitops.Failed, "look into the server's log, then try again: nothing was changed"
}
