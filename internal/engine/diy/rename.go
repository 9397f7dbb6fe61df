package diy

import (
	"context"
	"path"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Rename implements gitops.StateStore. A leased stack is a LockedError. The
// names inside the deployment stay.
func (s *Store) Rename(ctx context.Context, from, to gitops.StackRef) error {
	if err := s.exists(ctx, from); err != nil {
		return s.explain("read", err)
	}
	return s.explain("rename a stack in", s.holding(ctx, "rename", []gitops.StackRef{from}, 0, func(ctx context.Context) error {
		if err := s.mustBeFree(ctx, to); err != nil {
			return err
		}
		epoch, err := s.epoch(ctx, from)
		if err != nil {
			return err
		}
		return s.holding(ctx, "rename", []gitops.StackRef{to}, epoch, func(ctx context.Context) error {
			return s.move(ctx, from, to)
		})
	}))
}

// epoch is the newest one of a stack.
func (s *Store) epoch(ctx context.Context, ref gitops.StackRef) (int64, error) {
	numbers, err := s.numbers(ctx, leaseDir(ref))
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	return numbers[len(numbers)-1], nil
}

// move copies all that belongs to a stack, makes it exist under its new name,
// and then removes the old one.
func (s *Store) move(ctx context.Context, from, to gitops.StackRef) error {
	v, err := s.look(ctx, from)
	if err != nil {
		return err
	}
	_, u, err := parseDeployment(v.deployment)
	if err != nil {
		return err
	}
	if err := s.wipe(ctx, to); err != nil {
		return err
	}
	for _, step := range []func(context.Context, gitops.StackRef, gitops.StackRef) error{
		s.copyHistory, s.copyJournal, s.copyVersions, s.copyTags,
		func(ctx context.Context, _, to gitops.StackRef) error { return s.pulumi.create(ctx, to, u) },
		func(ctx context.Context, from, _ gitops.StackRef) error { return s.pulumi.remove(ctx, from) },
		func(ctx context.Context, from, _ gitops.StackRef) error { return s.wipe(ctx, from) },
	} {
		if err := step(ctx, from, to); err != nil {
			return err
		}
	}
	return nil
}

// renamed is the key of a file of a stack under its new name.
func renamed(key string, from, to gitops.StackRef) string {
	for _, dir := range []func(gitops.StackRef) string{historyDir, backupDir} {
		if within(key, dir(from)) {
			return dir(to) + to.Stack + strings.TrimPrefix(path.Base(key), from.Stack)
		}
	}
	return key
}

func (s *Store) copyHistory(ctx context.Context, from, to gitops.StackRef) error {
	list, err := s.medium.List(ctx, historyDir(from))
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := s.copyObject(ctx, o.Key, renamed(o.Key, from, to)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) copyJournal(ctx context.Context, from, to gitops.StackRef) error {
	numbers, err := s.numbers(ctx, journalDir(from))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := s.copyObject(ctx, numbered(journalDir(from), n), numbered(journalDir(to), n)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) copyVersions(ctx context.Context, from, to gitops.StackRef) error {
	numbers, err := s.numbers(ctx, versionDir(from))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		r, err := s.readVersion(ctx, from, n)
		if err != nil {
			return err
		}
		old := r.Kept
		if r.Kept = renamed(old, from, to); within(old, backupDir(from)) {
			if err := s.copyObject(ctx, old, r.Kept); err != nil {
				return err
			}
		}
		if err := s.recordVersion(ctx, to, n, r); err != nil {
			return err
		}
	}
	return nil
}
