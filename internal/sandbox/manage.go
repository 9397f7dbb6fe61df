package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
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

// Touch changes one property of a resource behind the engine's back. The path is
// Pulumi's, such as `tags.Owner` or `ingress[0].fromPort`. A value that is text
// is read as what the property holds; nil removes the property. The id may be
// preceded by the type and two colons where several resources share it.
func (c *Cloud) Touch(ctx context.Context, id, path string, value any) error {
	return c.write(ctx, func(tx *sql.Tx) error {
		r, err := c.one(ctx, tx, id)
		if err != nil {
			return err
		}
		t, err := c.types.Find(r.Type)
		if err != nil {
			return gitops.Errorf(gitops.Failed, "%w", err)
		}
		if err := set(t, r, path, value); err != nil {
			return err
		}
		if err := put(ctx, tx, *r); err != nil {
			return err
		}
		return c.note(ctx, tx, "touch", path, *r)
	})
}

// set changes the property at a path of a stored resource.
func set(t *types.Type, r *row, path string, value any) error {
	p, err := resource.ParsePropertyPath(path)
	if err != nil || len(p) == 0 {
		return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%q is not a property path", path), Err: err, Next: "write it like tags.Owner or ingress[0].fromPort"}
	}
	described, err := describedAt(t, p)
	if err != nil {
		return err
	}
	state := resource.NewProperty(properties(r.State, nil))
	if value == nil {
		p.Delete(state)
	} else {
		converted, err := convert(described, value)
		if err != nil {
			return &gitops.Error{Kind: gitops.Invalid, What: path + ": " + err.Error()}
		}
		if _, ok := p.Add(state, propertyValue(converted, resource.PropertyValue{})); !ok {
			return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s %s has nothing at %s", t.Token, r.ID, path)}
		}
	}
	before := tagMap(r.State, "tags")
	r.State = plain(state.ObjectValue())
	if p[0] == "tags" {
		retag(r.State, before)
	}
	return nil
}

// describedAt returns the description of the property at a path.
func describedAt(t *types.Type, path resource.PropertyPath) (*types.Property, error) {
	p := &types.Property{Kind: types.Object, Fields: t.Properties}
	for _, step := range path {
		switch p.Kind {
		case types.Object:
			name, _ := step.(string)
			next := p.Fields[name]
			if next == nil {
				return nil, &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s has no property %s%s", t.Token, name, hint(name, p.Fields))}
			}
			p = next
		case types.List, types.Set, types.Map:
			p = p.Of
		default:
			return &types.Property{Kind: types.Any}, nil
		}
	}
	return p, nil
}

// convert reads a text as what the property holds.
func convert(p *types.Property, value any) (any, error) {
	s, ok := value.(string)
	if !ok {
		b, err := json.Marshal(value) // whole numbers and named types become plain values
		if err != nil {
			return nil, err
		}
		var out any
		return out, json.Unmarshal(b, &out)
	}
	switch p.Kind {
	case types.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fmt.Errorf("want true or false, got %q", s)
		}
		return b, nil
	case types.Int, types.Number:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("want a number, got %q", s)
		}
		return f, nil
	case types.List, types.Set, types.Map, types.Object:
		var out any
		if err := json.Unmarshal([]byte(s), &out); err != nil {
			return nil, fmt.Errorf("want JSON, got %q: %w", s, err)
		}
		return out, nil
	}
	return s, nil
}

func tagMap(state aws.Object, key string) map[string]any {
	tags, _ := state[key].(map[string]any)
	return tags
}

// retag keeps tagsAll in step with tags, whose old value is given.
func retag(state aws.Object, before map[string]any) {
	all := maps.Clone(tagMap(state, "tagsAll"))
	if all == nil {
		all = map[string]any{}
	}
	now := tagMap(state, "tags")
	for k := range before {
		if _, still := now[k]; !still {
			delete(all, k)
		}
	}
	maps.Copy(all, now)
	state["tagsAll"] = all
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
