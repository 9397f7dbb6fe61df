package gitops

import "context"

// TagStore is a StateStore that also keeps tags of stacks. Errors are those of
// StateStore. Tags move with a stack that is renamed and go with one that is
// removed.
type TagStore interface {
	// Tags returns the tags of a stack; nil or empty when it has none.
	Tags(ctx context.Context, ref StackRef) (map[string]string, error)
	// SetTags replaces the tags of a stack.
	SetTags(ctx context.Context, ref StackRef, tags map[string]string) error
}
