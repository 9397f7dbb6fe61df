package sandbox

import (
	"context"
	"time"
)

// Entry is one change of the cloud, by the provider (create, update, delete) or
// by a person (touch, remove, reset).
type Entry struct {
	Sequence  int64     `json:"sequence"`
	Time      time.Time `json:"time"`
	Operation string    `json:"operation"`
	Type      string    `json:"type,omitempty"`
	ID        string    `json:"id,omitempty"`
	Account   string    `json:"account,omitempty"`
	Region    string    `json:"region,omitempty"`
	URN       string    `json:"urn,omitempty"`
	Name      string    `json:"name,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

// Log returns every change, oldest first. Nothing that happened to the cloud is
// missing in it, whatever became of the process that asked for it.
func (c *Cloud) Log(ctx context.Context) ([]Entry, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT seq, time, operation, type, id, account, region, urn, name, detail FROM log ORDER BY seq")
	if err != nil {
		return nil, c.broken(err)
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var at string
		if err := rows.Scan(&e.Sequence, &at, &e.Operation, &e.Type, &e.ID, &e.Account, &e.Region, &e.URN, &e.Name, &e.Detail); err != nil {
			return nil, c.broken(err)
		}
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return nil, c.broken(err)
		}
		out = append(out, e)
	}
	return out, c.broken(rows.Err())
}
