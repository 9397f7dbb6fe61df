package diy

import (
	"context"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// keepGenerations is how many versions of a stack are kept by us. Pulumi's
// history keeps more.
const keepGenerations = 50

// recordSeen makes versions of what is in the bucket and not recorded: of each
// checkpoint in Pulumi's history that is newer than the last version, and of the
// checkpoint itself.
func (s *Store) recordSeen(ctx context.Context, ref gitops.StackRef, v view, known bool, what verdict) error {
	next, last := v.version, v.record
	if known || v.resources > 0 {
		next++
	}
	last.Seq = v.lastSeq()
	if what == changed {
		olds, err := s.seenInHistory(ctx, ref, last)
		if err != nil {
			return err
		}
		for _, old := range olds {
			next = max(next, 1)
			if err := s.recordVersion(ctx, ref, next, old); err != nil {
				return err
			}
			next, last = next+1, old
		}
		if last.Hash == v.hash {
			return nil
		}
	}
	r, err := s.keep(ctx, ref, v.checkpoint, last)
	if err != nil {
		return err
	}
	return s.recordVersion(ctx, ref, next, r)
}

// recordVersion writes a version record. Somebody else may have done it.
func (s *Store) recordVersion(ctx context.Context, ref gitops.StackRef, version int64, r versionRecord) error {
	_, err := s.createNumbered(ctx, versionDir(ref), version, r)
	if errors.Is(err, errExists) {
		return errMoved
	}
	return err
}

// keep copies a checkpoint to Pulumi's backups and returns its record. last is
// the record before.
func (s *Store) keep(ctx context.Context, ref gitops.StackRef, c checkpoint, last versionRecord) (versionRecord, error) {
	r := s.describe(c, last)
	r.Kept = backupKey(ref, r.Stamp, kindOf(c.key))
	return r, s.medium.Put(ctx, r.Kept, c.raw)
}

// describe makes the record of a checkpoint that was written now.
func (s *Store) describe(c checkpoint, last versionRecord) versionRecord {
	now := s.now()
	return versionRecord{
		Hash: c.hash, Seq: last.Seq, Stamp: max(now.UnixNano(), last.Stamp+1),
		Created: now.UTC(), Resources: c.resources, Bytes: len(c.deployment),
	}
}

// seenInHistory describes the checkpoints in Pulumi's history that came after
// a version, oldest first, at most keepGenerations. Those that cannot be read
// are left out.
func (s *Store) seenInHistory(ctx context.Context, ref gitops.StackRef, last versionRecord) ([]versionRecord, error) {
	list, err := s.medium.List(ctx, historyDir(ref))
	if err != nil {
		return nil, err
	}
	var olds []versionRecord
	var keys []string
	for _, o := range list {
		if stamp, ok := stampOf(o.Key, "checkpoint"); ok && stamp > last.Stamp {
			keys = append(keys, o.Key)
		}
	}
	for _, key := range keys[max(0, len(keys)-keepGenerations):] {
		raw, err := s.medium.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		c, err := parseCheckpoint(raw)
		if err != nil || c.hash == last.Hash {
			continue
		}
		stamp, _ := stampOf(key, "checkpoint")
		last = versionRecord{
			Hash: c.hash, Seq: last.Seq, Kept: key, Stamp: stamp,
			Created: time.Unix(0, stamp).UTC(), Resources: c.resources, Bytes: len(c.deployment),
		}
		olds = append(olds, last)
	}
	return olds, nil
}

// Generations implements gitops.StateStore.
func (s *Store) Generations(ctx context.Context, ref gitops.StackRef) ([]gitops.Generation, error) {
	if err := s.exists(ctx, ref); err != nil {
		return nil, s.explain("read", err)
	}
	numbers, err := s.numbers(ctx, versionDir(ref))
	if err != nil {
		return nil, s.explain("read", err)
	}
	var list []gitops.Generation
	for i := len(numbers) - 1; i >= 0; i-- {
		r, err := s.readVersion(ctx, ref, numbers[i])
		if errors.Is(err, errMoved) {
			continue // it has just been pruned
		}
		if err != nil {
			return nil, s.explain("read", err)
		}
		list = append(list, gitops.Generation{Version: numbers[i], Resources: r.Resources, Bytes: r.Bytes, Created: r.Created})
	}
	return list, nil
}

// Generation implements gitops.StateStore. A damaged one is an error of kind
// Failed.
func (s *Store) Generation(ctx context.Context, ref gitops.StackRef, version int64) ([]byte, error) {
	if err := s.exists(ctx, ref); err != nil {
		return nil, s.explain("read", err)
	}
	r, err := s.readVersion(ctx, ref, version)
	if errors.Is(err, errMoved) || err == nil && r.Kept == "" {
		return nil, &gitops.Error{
			Kind: gitops.NotFound, What: "that version of stack " + ref.String() + " is not kept",
			Next: "trunkline state history " + ref.Flags() + " lists those that are",
		}
	}
	if err != nil {
		return nil, s.explain("read", err)
	}
	raw, err := s.medium.Get(ctx, r.Kept)
	var c content
	if err == nil {
		c, err = parseCheckpoint(raw)
	}
	if err == nil && c.hash != r.Hash {
		err = errDamaged
	}
	if err != nil {
		return nil, s.explain("read", gitops.Errorf(gitops.Failed, "the copy %s of version %d of stack %q: %w", r.Kept, version, ref.Stack, err))
	}
	return c.deployment, nil
}

// pruneVersions forgets the versions that are too old. Copies in Pulumi's
// history stay; those in its backups go with their version.
func (s *Store) pruneVersions(ctx context.Context, ref gitops.StackRef, newest int64) error {
	numbers, err := s.numbers(ctx, versionDir(ref))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if n > newest-keepGenerations {
			break
		}
		r, err := s.readVersion(ctx, ref, n)
		var unusable *gitops.Error
		if err == nil && within(r.Kept, backupDir(ref)) {
			err = s.medium.Delete(ctx, r.Kept)
		}
		if err == nil || errors.As(err, &unusable) {
			err = s.medium.Delete(ctx, numbered(versionDir(ref), n))
		}
		if err != nil && !errors.Is(err, errMoved) {
			return err
		}
	}
	return nil
}

// exists checks that there is such a stack.
func (s *Store) exists(ctx context.Context, ref gitops.StackRef) error {
	if _, err := s.pulumi.reference(ref); err != nil {
		return err
	}
	_, err := s.checkpointKey(ctx, ref)
	return err
}
