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
		readers, err := s.readers(ctx, gone.Environment, ids)
		if err != nil {
			return err
		}
		for _, id := range slices.SortedFunc(maps.Keys(readers), gitops.StackID.Compare) {
			return &gitops.Error{Kind: gitops.Violated,
				What: readers[id].String() + " is deployed and needs " + id.String() + ", which would be destroyed",
				Next: "trunkline destroy -e " + id.Environment + " -s " + readers[id].Name}
		}
	}
	return nil
}

// readers maps those of the stacks whose outputs another deployed stack of the
// environment has read to one that has, and that is not among them.
func (s *Session) readers(ctx context.Context, environment string, ids []gitops.StackID) (map[gitops.StackID]gitops.StackID, error) {
	infos, err := s.infos(ctx, environment)
	if err != nil {
		return nil, err
	}
	out := map[gitops.StackID]gitops.StackID{}
	for _, id := range slices.SortedFunc(maps.Keys(infos), gitops.StackID.Compare) {
		if infos[id].Resources == 0 || slices.Contains(ids, id) {
			continue
		}
		reads, err := s.reads(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, up := range reads {
			if _, known := out[up]; slices.Contains(ids, up) && !known {
				out[up] = id
			}
		}
	}
	return out, nil
}

// Gone lists the deployed stacks of an environment that its file does not name:
// those that no other reads, and those that are still read.
func (s *Session) Gone(ctx context.Context, environment string) (free, read []gitops.StackID, err error) {
	gone, err := s.Orphans(ctx, environment)
	if err != nil || len(gone) == 0 {
		return nil, nil, err
	}
	readers, err := s.readers(ctx, environment, gone)
	if err != nil {
		return nil, nil, err
	}
	needed := map[gitops.StackID]bool{}
	for id := range readers {
		if err := s.need(ctx, id, gone, needed); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range gone {
		if needed[id] {
			read = append(read, id)
		} else {
			free = append(free, id)
		}
	}
	return free, read, nil
}

// need adds a stack and what it reads, as far as it is among the ids.
func (s *Session) need(ctx context.Context, id gitops.StackID, ids []gitops.StackID, needed map[gitops.StackID]bool) error {
	if needed[id] || !slices.Contains(ids, id) {
		return nil
	}
	needed[id] = true
	reads, err := s.reads(ctx, id)
	if err != nil {
		return err
	}
	for _, up := range reads {
		if err := s.need(ctx, up, ids, needed); err != nil {
			return err
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
