package diy

import (
	"context"
	"errors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// fence shuts the holder of a lease that was not released out of the journal: it
// takes the number of the next object. When something was appended under the
// lease and its holder may be alive, it says so. by is told that it has the
// fence.
func (s *Store) fence(ctx context.Context, ref gitops.StackRef, old numberedLease, by *lease) error {
	if old.Owner.Dead(s.self) {
		return nil
	}
	return s.settled(ctx, func() error {
		_, last, _, err := s.lastVersion(ctx, ref)
		if err != nil {
			return err
		}
		links, err := s.readJournal(ctx, ref, last.Seq)
		var broken *gitops.Error
		if err != nil && !errors.As(err, &broken) { // a broken journal ends too
			return err
		}
		end, err := s.journalEnd(ctx, ref, last, links)
		if err != nil {
			return err
		}
		r := journalRecord{Epoch: old.epoch + 1, Previous: end.hash, Fence: true}
		for _, l := range links {
			if l.Fence && l.Epoch > old.epoch {
				return nil // done before
			}
			if l.Epoch == old.epoch && (len(l.Entries) > 0 || l.Commit != "") {
				info := old.info(ref, old.epoch)
				r.Lost, r.Owner = &info, old.Owner
			}
		}
		seq := end.seq + 1
		_, err = s.createNumbered(ctx, journalDir(ref), seq, r)
		if errors.Is(err, errExists) {
			return errMoved
		}
		if err == nil && by != nil {
			by.fence = seq
		}
		return err
	})
}

// journalEnd is where a journal ends. Of one that is broken, links has nothing;
// the numbers are known all the same.
func (s *Store) journalEnd(ctx context.Context, ref gitops.StackRef, last versionRecord, links []link) (tail, error) {
	v := view{record: last, links: links}
	end := tail{seq: v.lastSeq(), hash: v.head()}
	if len(links) > 0 {
		return end, nil
	}
	numbers, err := s.numbers(ctx, journalDir(ref))
	if n := len(numbers); n > 0 {
		end.seq = max(end.seq, numbers[n-1])
	}
	return end, err
}

// lost tells under which lease the journal was written when its holder may still
// be at work.
func (s *Store) lost(ctx context.Context, ref gitops.StackRef, links []link) (*gitops.LeaseInfo, error) {
	if len(entriesOf(links)) == 0 {
		return nil, nil
	}
	if l := lostIn(links, s.self); l != nil {
		return l, nil
	}
	leases, err := s.readLeases(ctx, ref)
	if err != nil {
		return nil, err
	}
	for _, l := range leases {
		if l.Ended || s.live(l) || l.Owner.Dead(s.self) {
			continue
		}
		for _, entry := range links {
			if entry.Epoch == l.epoch && len(entry.Entries) > 0 {
				info := l.info(ref, l.epoch)
				return &info, nil
			}
		}
	}
	return nil, nil
}
