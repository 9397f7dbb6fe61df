package diy

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var _ gitops.TagStore = (*Store)(nil)

// tagsSuffix ends the name of Pulumi's file with a stack's tags.
const tagsSuffix = ".pulumi-tags"

// Tags implements gitops.TagStore.
func (s *Store) Tags(ctx context.Context, ref gitops.StackRef) (map[string]string, error) {
	if err := s.exists(ctx, ref); err != nil {
		return nil, s.explain("read", err)
	}
	key := checkpointBase(ref) + tagsSuffix
	raw, err := s.medium.Get(ctx, key)
	if errors.Is(err, errMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain("read", err)
	}
	tags, err := parseTags(raw)
	if err != nil {
		return nil, &gitops.Error{
			Kind: gitops.Failed, Err: err, What: "the tags " + key + " in " + s.place.shown + " cannot be read",
			Next: "move that file away and set the tags again",
		}
	}
	return tags, nil
}

// parseTags reads Pulumi's file.
func parseTags(raw []byte) (map[string]string, error) {
	var f struct {
		Version int               `json:"version"`
		Tags    map[string]string `json:"tags"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	if f.Version != 1 {
		return nil, errors.New("they are of another version")
	}
	return f.Tags, nil
}

// SetTags implements gitops.TagStore.
func (s *Store) SetTags(ctx context.Context, ref gitops.StackRef, tags map[string]string) error {
	err := s.exists(ctx, ref)
	if err == nil {
		err = s.pulumi.setTags(ctx, ref, tags)
	}
	return s.explain("write the tags of a stack in", err)
}

func (s *Store) copyTags(ctx context.Context, from, to gitops.StackRef) error {
	return s.copyObject(ctx, checkpointBase(from)+tagsSuffix, checkpointBase(to)+tagsSuffix)
}
