package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

// postgres measures the same work with the state in SQLite and in a PostgreSQL
// server on this machine. The server's programs must be installed.
func postgres(ctx context.Context, w *workplace) (_ []table, err error) {
	// Root's server runs as another user, who must get to its directory.
	dir, err := os.MkdirTemp("", "trunkline-bench-postgres-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	server, err := pgtest.Run(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	rivals := func() ([]*rival, error) {
		file, err := w.ours("SQLite", "", "")
		if err != nil {
			return nil, err
		}
		pg, err := w.ours("PostgreSQL", server.Address(nil), "")
		return []*rival{file, pg}, err
	}
	var tables []table
	for _, measure := range []func([]*rival) (table, error){
		func(rs []*rival) (table, error) {
			return race(ctx, fmt.Sprintf("%d small stacks, their whole life, by where the state is", smallStacks), rs)
		},
		func(rs []*rival) (table, error) {
			return updates(ctx, fmt.Sprintf("up of %d resources, by where the state is", manyThings), manyThings, rs)
		},
	} {
		rs, err := rivals()
		if err != nil {
			return nil, err
		}
		t, err := measure(rs)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}
