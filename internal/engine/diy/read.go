package diy

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// readCheckpoint returns the checkpoint of a stack, whole. No stack is a
// NotFound error, damage a Failed one.
func (s *Store) readCheckpoint(ctx context.Context, ref gitops.StackRef) (checkpoint, error) {
	if _, err := s.pulumi.reference(ref); err != nil {
		return checkpoint{}, err
	}
	key, err := s.checkpointKey(ctx, ref)
	if err != nil {
		return checkpoint{}, err
	}
	raw, err := s.wholeObject(ctx, key)
	if errors.Is(err, errMissing) {
		return checkpoint{}, errMoved
	}
	if errors.Is(err, errDamaged) {
		return checkpoint{key: key}, s.damaged(ref, key, err)
	}
	if err != nil {
		return checkpoint{}, err
	}
	c, err := parseCheckpoint(raw)
	if err != nil {
		return checkpoint{key: key}, s.damaged(ref, key, err)
	}
	return checkpoint{key: key, raw: raw, content: c}, nil
}

// checkpointKey finds the checkpoint of a stack. When it is there compressed and
// plain, the newer one counts, as for Pulumi.
func (s *Store) checkpointKey(ctx context.Context, ref gitops.StackRef) (string, error) {
	base := checkpointBase(ref)
	list, err := s.medium.List(ctx, base+".json")
	if err != nil {
		return "", err
	}
	var best object
	for _, o := range list {
		for _, kind := range checkpointKinds() {
			if o.Key == base+kind && (best.Key == "" || o.Modified.After(best.Modified)) {
				best = o
			}
		}
	}
	if best.Key == "" {
		return "", gitops.NoStack(ref)
	}
	return best.Key, nil
}

// wholeObject reads an object that Pulumi's code writes and compares it with the
// checksum that was kept beside it. Both are written one after the other: what
// does not fit is read again.
func (s *Store) wholeObject(ctx context.Context, key string) ([]byte, error) {
	for try := 0; ; try++ {
		want, err := s.medium.MD5(ctx, key)
		if err != nil {
			return nil, err
		}
		raw, err := s.medium.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		if got := md5.Sum(raw); want == nil || bytes.Equal(got[:], want) {
			return raw, nil
		}
		if try == 5 {
			return nil, errDamaged
		}
		if err := pause(ctx, 10*time.Millisecond<<try); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// view is what is known of a stack at one moment.
type view struct {
	checkpoint
	version int64
	record  versionRecord
	links   []link // after the version
}

// lastSeq is the number of the last journal object that there is.
func (v view) lastSeq() int64 {
	if n := len(v.links); n > 0 {
		return v.links[n-1].seq
	}
	return v.record.Seq
}

// head is the hash that the next journal object follows.
func (v view) head() string {
	if n := len(v.links); n > 0 {
		return v.links[n-1].hash
	}
	return v.record.Hash
}

// look reads a stack. What others have written since becomes a version.
func (s *Store) look(ctx context.Context, ref gitops.StackRef) (view, error) {
	var v view
	err := s.settled(ctx, func() (err error) {
		v, err = s.glance(ctx, ref)
		return err
	})
	return v, err
}

// settled repeats what met a change by somebody else.
func (s *Store) settled(ctx context.Context, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if !errors.Is(err, errMoved) || try == 20 {
			return err
		}
		if err := pause(ctx, time.Duration(try)*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Store) glance(ctx context.Context, ref gitops.StackRef) (view, error) {
	var v view
	version, record, known, err := s.lastVersion(ctx, ref)
	if err != nil {
		return v, err
	}
	if v.checkpoint, err = s.readCheckpoint(ctx, ref); err != nil {
		return v, err
	}
	v.version, v.record = version, record
	if v.links, err = s.readJournal(ctx, ref, record.Seq); err != nil {
		return v, err
	}
	what, err := judge(record, known, v.hash, v.links)
	switch {
	case err != nil:
		return v, s.unsettled(ctx, ref, v, err)
	case what == current:
		return v, nil
	}
	if err := s.recordSeen(ctx, ref, v, known, what); err != nil {
		return v, err
	}
	return v, errMoved // now it is recorded
}

// unsettled tells damage from a change while it was read.
func (s *Store) unsettled(ctx context.Context, ref gitops.StackRef, v view, cause error) error {
	if version, _, _, err := s.lastVersion(ctx, ref); err == nil && version != v.version {
		return errMoved
	}
	return s.brokenJournal(ref, cause)
}

// lastVersion returns the newest version record.
func (s *Store) lastVersion(ctx context.Context, ref gitops.StackRef) (version int64, r versionRecord, known bool, err error) {
	numbers, err := s.numbers(ctx, versionDir(ref))
	if err != nil || len(numbers) == 0 {
		return 0, r, false, err
	}
	version = numbers[len(numbers)-1]
	r, err = s.readVersion(ctx, ref, version)
	return version, r, err == nil, err
}

func (s *Store) readVersion(ctx context.Context, ref gitops.StackRef, version int64) (r versionRecord, err error) {
	key := numbered(versionDir(ref), version)
	raw, err := s.medium.Get(ctx, key)
	if errors.Is(err, errMissing) {
		return r, errMoved
	}
	if err != nil {
		return r, err
	}
	if _, err = unpack(raw, &r); err != nil {
		return r, &gitops.Error{
			Kind: gitops.Failed, Err: err,
			What: fmt.Sprintf("the record %s of stack %q in %s cannot be used", key, ref.Stack, s.place.shown),
			Next: "delete that object: what it says is only needed for the history",
		}
	}
	return r, nil
}

// createNumbered writes a record that nobody has written before.
func (s *Store) createNumbered(ctx context.Context, dir string, n int64, record any) (hash string, err error) {
	raw, hash, err := pack(record)
	if err != nil {
		return "", err
	}
	return hash, s.medium.Create(ctx, numbered(dir, n), raw)
}

// within tells whether a key is below a directory.
func within(key, dir string) bool { return strings.HasPrefix(key, dir) }
