package program

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/estate/describe"
)

const (
	describedDir  = "described"
	mostDescribed = 200 // descriptions that are kept
)

// List finds out what goes into a program without compiling it, and what the
// program would say about itself, if a program of the same code was asked
// before. known tells whether it was. The places in such a description are those
// of the program that was asked.
func (b *Builder) List(ctx context.Context, src Source) (l Listing, d describe.Description, known bool, err error) {
	j, err := b.prepare(ctx, src)
	if err != nil {
		return l, d, false, err
	}
	if found, ok := j.cache.find(j.family, j.src.Root); ok {
		l.in = found.in
	} else if l.in, _, err = j.list(ctx); err != nil {
		return l, d, false, err
	}
	content, err := os.ReadFile(j.cache.described(l))
	if err != nil {
		return l, d, false, nil
	}
	d, err = parseDescription(content)
	return l, d, err == nil, nil
}

// Toolchain identifies the go commands that may compile the programs of src, and
// the platform. go.mod chooses among them.
func (b *Builder) Toolchain(ctx context.Context, src Source) (string, error) {
	environ := b.Environ
	if environ == nil {
		environ = os.Environ()
	}
	tool, err := findGo(ctx, environ, layout{estate: src.Root})
	return tool.identity, err
}

// described is the file of the description that a program of this code gave.
func (c cache) described(l Listing) string {
	return filepath.Join(c.dir, describedDir, l.Same()+".json")
}

// remember keeps a description for programs of the same code. That it fails
// costs only time.
func (c cache) remember(l Listing, description []byte) {
	file := c.described(l)
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	_ = renameio.WriteFile(file, description, 0o600)
	names, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.json"))
	if err != nil || len(names) <= mostDescribed {
		return
	}
	age := map[string]int64{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			age[name] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return int(min(1, max(-1, age[a]-age[b]))) })
	for _, name := range names[:len(names)-mostDescribed] {
		_ = os.Remove(name)
	}
}
