package diy

import (
	"context"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// internalTTL is how long Create, Remove and Rename may take.
const internalTTL = 10 * time.Minute

// holding runs do while nobody else can take the stacks.
func (s *Store) holding(ctx context.Context, what gitops.Operation, refs []gitops.StackRef, least int64, do func(ctx context.Context) error) error {
	if len(refs) == 0 {
		return do(ctx)
	}
	l, err := s.take(ctx, refs[0], gitops.LeaseRequest{Holder: "trunkline", Operation: what, TTL: internalTTL}, taking{least: least})
	if err != nil {
		return err
	}
	err = s.holding(ctx, what, refs[1:], l.epoch, do)
	return errors.Join(err, l.Release(ctx))
}

// Create implements gitops.StateStore.
func (s *Store) Create(ctx context.Context, ref gitops.StackRef, deployment []byte) error {
	want, u, err := parseDeployment(deployment)
	if err != nil {
		return gitops.Errorf(gitops.Failed, "what should be saved for stack %q is not a deployment: %w", ref.Stack, err)
	}
	if err := s.mustBeFree(ctx, ref); err != nil {
		return s.explain("read", err)
	}
	return s.explain("create a stack in", s.holding(ctx, "create", []gitops.StackRef{ref}, 0, func(ctx context.Context) error {
		if err := s.mustBeFree(ctx, ref); err != nil {
			return err
		}
		if err := s.wipe(ctx, ref); err != nil {
			return err
		}
		if err := s.pulumi.create(ctx, ref, u); err != nil {
			return err
		}
		c, err := s.readCheckpoint(ctx, ref)
		if err != nil {
			return err
		}
		if c.hash != want.hash {
			return errors.New("the stack was changed by somebody else while it was made")
		}
		if err := s.medium.Sync(ctx, c.key); err != nil {
			return err
		}
		r, err := s.keep(ctx, ref, c, versionRecord{})
		if err != nil {
			return err
		}
		return s.recordVersion(ctx, ref, 0, r)
	}))
}

func (s *Store) mustBeFree(ctx context.Context, ref gitops.StackRef) error {
	err := s.exists(ctx, ref)
	switch {
	case err == nil:
		return gitops.StackExists(ref)
	case gitops.KindOf(err) == gitops.NotFound:
		return nil
	}
	return err
}

// wipe deletes what we know of a stack, except its epochs.
func (s *Store) wipe(ctx context.Context, ref gitops.StackRef) error {
	for _, dir := range []string{lineDir(ref), journalDir(ref), versionDir(ref)} {
		list, err := s.medium.List(ctx, dir)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := s.medium.Delete(ctx, o.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// Remove implements gitops.StateStore. Pulumi's .bak and backups stay.
func (s *Store) Remove(ctx context.Context, ref gitops.StackRef) error {
	if err := s.exists(ctx, ref); err != nil {
		return s.explain("read", err)
	}
	return s.explain("remove a stack from", s.holding(ctx, "remove", []gitops.StackRef{ref}, 0, func(ctx context.Context) error {
		if _, err := s.readCheckpoint(ctx, ref); err != nil {
			return err
		}
		if err := s.pulumi.remove(ctx, ref); err != nil {
			return err
		}
		return s.wipe(ctx, ref)
	}))
}
