package program

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Module is a Go module that the estate uses.
type Module struct {
	Path, Version string
	// Dir is where its files are on this machine.
	Dir string
}

// Modules lists the modules that the estate's go.mod requires itself, those left
// out that are not on this machine. Nothing is compiled.
func (b *Builder) Modules(ctx context.Context, src Source) ([]Module, error) {
	j, err := b.prepare(ctx, src)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(j.src.Root, filepath.FromSlash(j.layout.moduleDir), "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot read the estate's go.mod: %w", err)
	}
	mod, err := modfile.ParseLax(filepath.Base(file), text, nil)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot read the estate's go.mod: %w", err)
	}
	args := []string{"list", "-m", "-mod=readonly", "-json=Path,Version,Dir", "--"}
	for _, r := range mod.Require {
		if !r.Indirect {
			args = append(args, r.Mod.Path)
		}
	}
	if args[len(args)-1] == "--" {
		return nil, nil // which would list the estate itself
	}
	settings, err := j.tool.settings(ctx)
	if err != nil {
		return nil, j.explain(err)
	}
	out, err := j.tool.run(ctx, j.layout.estate, j.tool.env(settings), args...)
	if err != nil {
		return nil, j.explain(err)
	}
	list, err := parseList[Module](out)
	return slices.DeleteFunc(list, func(m Module) bool { return m.Dir == "" }), err
}
