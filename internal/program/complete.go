package program

import "context"

// Complete adds to go.mod and go.sum what the program of the source needs and
// they lack. Versions that are there stay, unless something needs a higher one.
// Modules that are not on this machine are downloaded.
func (b *Builder) Complete(ctx context.Context, src Source) error {
	j, err := b.prepare(ctx, src)
	if err != nil {
		return err
	}
	settings, err := j.tool.settings(ctx)
	if err != nil {
		return j.explain(err)
	}
	_, err = j.tool.run(ctx, j.layout.estate, j.tool.env(settings), "list", "-mod=mod", "-deps", "--", j.src.Package)
	if err != nil {
		return j.explain(err)
	}
	return nil
}
