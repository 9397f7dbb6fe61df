package diy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Load implements gitops.StateStore. What the Pulumi CLI has written since
// becomes a version.
func (s *Store) Load(ctx context.Context, ref gitops.StackRef) (gitops.State, error) {
	v, err := s.look(ctx, ref)
	if err != nil {
		return gitops.State{}, s.explain("read", err)
	}
	st := gitops.State{Version: v.version, Deployment: v.deployment, Journal: entriesOf(v.links)}
	err = s.settled(ctx, func() (err error) {
		st.Lost, err = s.lost(ctx, ref, v.links)
		return err
	})
	return st, s.explain("read", err)
}

// parallelReads is how many stacks are read at a time.
const parallelReads = 10

// Stacks implements gitops.StateStore. A stack whose state cannot be used is
// listed with what is known.
func (s *Store) Stacks(ctx context.Context, project string) ([]gitops.StackInfo, error) {
	refs, err := s.pulumi.list(ctx, project)
	if err != nil {
		return nil, s.explain("list the stacks of", err)
	}
	slices.SortFunc(refs, func(a, b gitops.StackRef) int {
		return cmp.Or(strings.Compare(a.Project, b.Project), strings.Compare(a.Stack, b.Stack))
	})
	refs = slices.Compact(refs)
	list, errs := make([]gitops.StackInfo, len(refs)), make([]error, len(refs))
	slots := make(chan struct{}, parallelReads)
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			list[i], errs[i] = s.stackInfo(ctx, ref)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, s.explain("list the stacks of", err)
	}
	list = slices.DeleteFunc(list, func(i gitops.StackInfo) bool { return i.Ref.Stack == "" })
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// Info implements gitops.StateStore.
func (s *Store) Info(ctx context.Context, ref gitops.StackRef) (gitops.StackInfo, error) {
	i, err := s.stackInfo(ctx, ref)
	switch {
	case err != nil:
		return i, s.explain("read", err)
	case i.Ref.Stack == "":
		return i, gitops.NoStack(ref)
	}
	return i, nil
}

// stackInfo returns nothing for a stack that has just gone.
func (s *Store) stackInfo(ctx context.Context, ref gitops.StackRef) (gitops.StackInfo, error) {
	v, err := s.look(ctx, ref)
	var unusable *gitops.Error
	switch {
	case gitops.KindOf(err) == gitops.NotFound:
		return gitops.StackInfo{}, nil
	case errors.As(err, &unusable):
		if v.version, v.record, _, err = s.lastVersion(ctx, ref); err != nil {
			return gitops.StackInfo{Ref: ref}, nil
		}
	case err != nil:
		return gitops.StackInfo{}, err
	}
	i := gitops.StackInfo{
		Ref: ref, Version: v.version, Resources: v.record.Resources, Pending: v.pending,
		Journal: len(entriesOf(v.links)), Updated: v.record.Created,
	}
	if v.version == 0 {
		i.Updated = time.Time{}
	}
	return i, nil
}
