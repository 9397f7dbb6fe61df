package enginetest

import (
	"context"
	"maps"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var _ gitops.TagStore = (*Store)(nil)

// Tags implements gitops.TagStore.
func (s *Store) Tags(_ context.Context, ref gitops.StackRef) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	return maps.Clone(k.tags), nil
}

// SetTags implements gitops.TagStore.
func (s *Store) SetTags(_ context.Context, ref gitops.StackRef, tags map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(ref)
	if err != nil {
		return err
	}
	k.tags = maps.Clone(tags)
	return nil
}
