package sandbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// global is the region of what belongs to an account.
const global = "global"

// row is a resource as it is stored.
type row struct {
	aws.Resource
	urn, name, key string
	created        time.Time
}

const columns = "type, id, account, region, urn, name, key, created, state"

// queryer is a transaction or the database.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// find returns the rows that a condition selects, oldest first.
func find(ctx context.Context, q queryer, where string, args ...any) ([]row, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+columns+" FROM resources WHERE "+where+" ORDER BY seq", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		var r row
		var created, state string
		if err := rows.Scan(&r.Type, &r.ID, &r.Account, &r.Region, &r.urn, &r.name, &r.key, &created, &state); err != nil {
			return nil, err
		}
		if r.created, err = time.Parse(time.RFC3339Nano, created); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(state), &r.State); err != nil {
			return nil, fmt.Errorf("the record of %s %s is damaged: %w", r.Type, r.ID, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// get returns one resource, or nil when there is none.
func get(ctx context.Context, q queryer, scope aws.Scope, token, id string) (*row, error) {
	rows, err := find(ctx, q, "type = ? AND id = ? AND account = ? AND region IN (?, ?)", token, id, scope.Account, scope.Region, global)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// put inserts a resource or overwrites the one with its identifier.
func put(ctx context.Context, q queryer, r row) error {
	state, err := json.Marshal(r.State)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "INSERT INTO resources ("+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, region, type, id) DO UPDATE SET urn = excluded.urn, name = excluded.name, state = excluded.state`,
		r.Type, r.ID, r.Account, r.Region, r.urn, r.name, r.key, r.created.Format(time.RFC3339Nano), string(state))
	return err
}

func drop(ctx context.Context, q queryer, r row) error {
	_, err := q.ExecContext(ctx, "DELETE FROM resources WHERE type = ? AND id = ? AND account = ? AND region = ?", r.Type, r.ID, r.Account, r.Region)
	return err
}

// note writes an entry into the log.
func (c *Cloud) note(ctx context.Context, q queryer, operation, detail string, r row) error {
	_, err := q.ExecContext(ctx, "INSERT INTO log (time, operation, type, id, account, region, urn, name, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		c.now().UTC().Format(time.RFC3339Nano), operation, r.Type, r.ID, r.Account, r.Region, r.urn, r.name, detail)
	return err
}

// newKey returns what the identifiers of the next creation for a URN come from.
func (c *Cloud) newKey(ctx context.Context, q queryer, token, urn string) (string, error) {
	rows, err := q.QueryContext(ctx, "SELECT count(*) FROM log WHERE urn = ? AND operation = 'create'", urn)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var n int
	if !rows.Next() {
		return "", errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(&n); err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", c.seed, token, urn, n))
	return hex.EncodeToString(sum[:]), nil
}

// view is the cloud as one account and region see it.
type view struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call
	q     queryer
	scope aws.Scope
}

// All implements aws.Cloud.
func (v view) All(token string) ([]aws.Resource, error) {
	rows, err := find(v.ctx, v.q, "type = ? AND account = ? AND region IN (?, ?)", token, v.scope.Account, v.scope.Region, global)
	out := make([]aws.Resource, len(rows))
	for i, r := range rows {
		out[i] = r.Resource
	}
	return out, err
}
