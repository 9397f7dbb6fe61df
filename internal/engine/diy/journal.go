package diy

import (
	"context"
	"errors"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// link is a journal object that was read.
type link struct {
	seq  int64
	hash string
	journalRecord
}

// verdict says what a checkpoint and a journal are together.
type verdict int

const (
	// current: the checkpoint is the last version, the journal continues it.
	current verdict = iota
	// committed: a commit wrote the checkpoint and died before it recorded the
	// version. The journal is part of it.
	committed
	// changed: somebody else wrote the checkpoint. There is no journal.
	changed
)

// judge compares a checkpoint with what is recorded. last is the newest
// version, known tells whether there is one; links is the journal after it.
func judge(last versionRecord, known bool, hash string, links []link) (verdict, error) {
	switch {
	case !known && len(entriesOf(links)) > 0:
		return current, errChangedUnder
	case !known:
		return changed, nil
	}
	if err := checkChain(last.Hash, links); err != nil {
		return current, err
	}
	if hash == last.Hash {
		return current, nil
	}
	for i, l := range links {
		if l.Commit == hash && len(entriesOf(links[i+1:])) == 0 {
			return committed, nil
		}
	}
	if len(entriesOf(links)) > 0 {
		return current, errChangedUnder
	}
	return changed, nil
}

// checkChain tells whether the links follow each other, from the deployment
// with the hash base.
func checkChain(base string, links []link) error {
	previous := base
	for i, l := range links {
		if l.Previous != previous || i > 0 && l.seq != links[i-1].seq+1 {
			return fmt.Errorf("object %d does not follow the one before", l.seq)
		}
		previous = l.hash
	}
	return nil
}

// entriesOf returns what was appended.
func entriesOf(links []link) [][]byte {
	var all [][]byte
	for _, l := range links {
		for _, e := range l.Entries {
			if e == nil {
				e = []byte{}
			}
			all = append(all, e)
		}
	}
	return all
}

// lostIn returns the first lease that was shut out of a journal and whose holder
// may be alive.
func lostIn(links []link, me owner.Process) *gitops.LeaseInfo {
	for _, l := range links {
		if l.Lost != nil && !l.Owner.Dead(me) {
			return l.Lost
		}
	}
	return nil
}

// readJournal returns the links after the number after, in order.
func (s *Store) readJournal(ctx context.Context, ref gitops.StackRef, after int64) ([]link, error) {
	numbers, err := s.numbers(ctx, journalDir(ref))
	if err != nil {
		return nil, err
	}
	var links []link
	for _, n := range numbers {
		if n <= after {
			continue
		}
		l := link{seq: n}
		raw, err := s.medium.Get(ctx, numbered(journalDir(ref), n))
		if errors.Is(err, errMissing) {
			return nil, errMoved // a commit is clearing it
		}
		if err == nil {
			if l.hash, err = unpack(raw, &l.journalRecord); err != nil {
				err = s.brokenJournal(ref, fmt.Errorf("object %d: %w", n, err))
			}
		}
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}

// errMoved tells that something changed while it was read; read it again.
var errMoved = errors.New("it is being changed by somebody else")

// numbers lists the numbers of the objects of a directory, in order.
func (s *Store) numbers(ctx context.Context, dir string) ([]int64, error) {
	list, err := s.medium.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, o := range list {
		if n, ok := numberOf(o.Key); ok {
			out = append(out, n)
		}
	}
	return out, nil
}

// clearJournal deletes the objects up to a number, except the number keep. With
// aside they are copied first, so that damage can still be looked into.
func (s *Store) clearJournal(ctx context.Context, ref gitops.StackRef, upTo, keep int64, aside bool) error {
	numbers, err := s.numbers(ctx, journalDir(ref))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if n > upTo || n == keep {
			continue
		}
		if aside {
			err = s.copyObject(ctx, numbered(journalDir(ref), n), numbered(asideDir(ref), n))
		}
		if err == nil {
			err = s.medium.Delete(ctx, numbered(journalDir(ref), n))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyObject copies an object. One that is missing is no error.
func (s *Store) copyObject(ctx context.Context, from, to string) error {
	raw, err := s.medium.Get(ctx, from)
	if errors.Is(err, errMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.medium.Put(ctx, to, raw)
}
