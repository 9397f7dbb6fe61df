package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// Resource is something that exists in the cloud.
type Resource struct {
	Type    string            `json:"type"`
	ID      string            `json:"id"`
	Name    string            `json:"name,omitempty"`
	Region  string            `json:"region"`
	Account string            `json:"account"`
	Created time.Time         `json:"created"`
	Tags    map[string]string `json:"tags,omitempty"`
}

// Filter chooses resources. Empty fields match everything; in Type and Name, *
// stands for any text.
type Filter struct {
	Type, ID, Name, Region, Account string
}

// List returns what exists, oldest first.
func (c *Cloud) List(ctx context.Context, f Filter) ([]Resource, error) {
	rows, err := c.chosen(ctx, c.db, f)
	if err != nil {
		return nil, c.broken(err)
	}
	out := make([]Resource, 0, len(rows))
	for _, r := range rows {
		out = append(out, Resource{Type: r.Type, ID: r.ID, Name: physicalName(r), Region: r.Region, Account: r.Account, Created: r.created, Tags: tagsOf(r.State)})
	}
	return out, nil
}

func (c *Cloud) chosen(ctx context.Context, q queryer, f Filter) ([]row, error) {
	rows, err := find(ctx, q, "1 = 1")
	return slices.DeleteFunc(rows, func(r row) bool {
		last := r.Type[strings.LastIndexByte(r.Type, ':')+1:]
		return (f.Type != "" && !glob(f.Type, r.Type) && !glob(f.Type, last)) || (f.ID != "" && f.ID != r.ID) ||
			(f.Name != "" && !glob(f.Name, physicalName(r))) ||
			(f.Region != "" && f.Region != r.Region) || (f.Account != "" && f.Account != r.Account)
	}), err
}

// physicalName is what AWS's console would show: the name, or the tag Name.
func physicalName(r row) string {
	for _, k := range []string{"name", "bucket"} {
		if s := r.State.Text(k); s != "" {
			return s
		}
	}
	return tagsOf(r.State)["Name"]
}

func tagsOf(state aws.Object) map[string]string {
	tags, ok := state["tagsAll"].(map[string]any)
	if !ok || len(tags) == 0 {
		return nil
	}
	out := map[string]string{}
	for k, v := range tags {
		out[k] = fmt.Sprint(v)
	}
	return out
}

// one returns the only resource with an identifier.
func (c *Cloud) one(ctx context.Context, tx *sql.Tx, id string) (*row, error) {
	where, args := "id = ?", []any{id}
	if token, rest, ok := strings.Cut(id, "::"); ok && strings.HasPrefix(token, "aws:") {
		where, args = "type = ? AND id = ?", []any{token, rest}
	}
	rows, err := find(ctx, tx, where, args...)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, &gitops.Error{Kind: gitops.NotFound, What: "the sandbox has no resource " + id, Next: "list what there is: trunkline sandbox ls"}
	case len(rows) > 1:
		var names []string
		for _, r := range rows {
			names = append(names, r.Type+"::"+r.ID)
		}
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "several resources have the identifier " + id, Next: "use one of " + strings.Join(names, ", ")}
	}
	return &rows[0], nil
}

// Remove deletes a resource behind the engine's back, whatever depends on it.
func (c *Cloud) Remove(ctx context.Context, id string) error {
	return c.write(ctx, func(tx *sql.Tx) error {
		r, err := c.one(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := drop(ctx, tx, *r); err != nil {
			return err
		}
		return c.note(ctx, tx, "remove", "", *r)
	})
}

// Reset empties the cloud and ends every rule. The log stays.
func (c *Cloud) Reset(ctx context.Context) error {
	return c.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM resources; DELETE FROM faults"); err != nil {
			return err
		}
		return c.note(ctx, tx, "reset", "", row{})
	})
}
