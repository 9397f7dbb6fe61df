package state

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var _ gitops.TagStore = (*Store)(nil)

// Tags implements gitops.TagStore.
func (s *Store) Tags(ctx context.Context, ref gitops.StackRef) (map[string]string, error) {
	var tags map[string]string
	err := s.read(ctx, "read the tags of a stack of", func(q querier) error {
		tags = map[string]string{}
		row, err := s.findStack(ctx, q, ref)
		if err != nil {
			return err
		}
		rows, err := q.QueryContext(ctx, `SELECT name, value FROM tags WHERE stack = ?`, row.id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, value string
			if err := rows.Scan(&name, &value); err != nil {
				return err
			}
			tags[name] = value
		}
		return rows.Err()
	})
	return tags, err
}

// SetTags implements gitops.TagStore.
func (s *Store) SetTags(ctx context.Context, ref gitops.StackRef, tags map[string]string) error {
	return s.write(ctx, "write the tags of a stack of", func(q querier) error {
		row, err := s.lockStack(ctx, q, ref)
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, `DELETE FROM tags WHERE stack = ?`, row.id); err != nil {
			return err
		}
		for name, value := range tags {
			if _, err := q.ExecContext(ctx, `INSERT INTO tags (stack, name, value) VALUES (?, ?, ?)`, row.id, plain(name), plain(value)); err != nil {
				return err
			}
		}
		return nil
	})
}
