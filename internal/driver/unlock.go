package driver

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Unlock ends somebody's lease on a stack by its ID.
func (s *Session) Unlock(ctx context.Context, id gitops.StackID, lease string) error {
	store, err := s.existing(ctx, id)
	if err != nil {
		return err
	}
	return store.Unlock(ctx, s.ref(id), lease)
}
