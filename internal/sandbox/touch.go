package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

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
