package driver

import (
	"context"
	"maps"
	"path"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// unneeded refuses to destroy what a deployed stack that stays has read the
// outputs of. Its state says so, and not the estate: that may need other stacks
// by now, or have lost the stack.
func (s *Session) unneeded(ctx context.Context, ids []gitops.StackID) error {
	seen := map[string]bool{}
	for _, gone := range ids {
		if seen[gone.Environment] {
			continue
		}
		seen[gone.Environment] = true
		infos, err := s.infos(ctx, gone.Environment)
		if err != nil {
			return err
		}
		for _, id := range slices.SortedFunc(maps.Keys(infos), gitops.StackID.Compare) {
			if infos[id].Resources == 0 || slices.Contains(ids, id) {
				continue
			}
			reads, err := s.reads(ctx, id)
			if err != nil {
				return err
			}
			for _, up := range reads {
				if slices.Contains(ids, up) {
					return &gitops.Error{Kind: gitops.Violated,
						What: id.String() + " is deployed and needs " + up.String() + ", which would be destroyed",
						Next: "trunkline destroy -e " + id.Environment + " -s " + id.Name}
				}
			}
		}
	}
	return nil
}

// reads lists the stacks whose outputs a deployed stack has read.
func (s *Session) reads(ctx context.Context, id gitops.StackID) ([]gitops.StackID, error) {
	resources, err := s.resources(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []gitops.StackID
	for _, r := range resources {
		name, _ := r.Inputs["name"].(string) // organization/project/stack
		up, err := gitops.ParsePulumiName(path.Base(name))
		if r.Type == stackReference && err == nil {
			out = append(out, up)
		}
	}
	return out, nil
}
