package engine

import (
	"context"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// slowLease appends when it is told to.
type slowLease struct {
	gitops.Lease
	begun, release chan struct{}
	batches        [][][]byte
}

func (l *slowLease) Append(_ context.Context, entries [][]byte) error {
	l.begun <- struct{}{}
	<-l.release
	l.batches = append(l.batches, entries)
	return nil
}

// After the second interrupt the engine's goroutines still run. What they were
// writing must be in the store before the state is committed, or it would be
// applied to the committed state once more.
func TestAClosedJournalHasWrittenEverythingAndWritesNoMore(t *testing.T) {
	t.Parallel()
	lease := &slowLease{begun: make(chan struct{}), release: make(chan struct{})}
	j := newJournal(t.Context(), lease, nil, nil)
	add := func(entry string) chan error {
		done := make(chan error, 1)
		j.mu.Lock()
		j.waiting = append(j.waiting, []byte(entry))
		j.added++
		n := j.added
		j.mu.Unlock()
		go func() {
			j.mu.Lock()
			defer j.mu.Unlock()
			done <- j.store(n)
		}()
		return done
	}
	first := add("one")
	<-lease.begun // "one" is being written
	second := add("two")
	closed := make(chan struct{})
	go func() { j.close(); close(closed) }()
	lease.release <- struct{}{}
	<-lease.begun // "two"
	select {
	case <-closed:
		t.Fatal("closed while an entry is being written")
	default:
	}
	lease.release <- struct{}{}
	<-closed
	for _, done := range []chan error{first, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(lease.batches) != 2 || string(lease.batches[0][0]) != "one" || string(lease.batches[1][0]) != "two" {
		t.Errorf("wrote %q", lease.batches)
	}
	select {
	case <-lease.begun:
		t.Error("something is written after the journal was closed")
	default:
	}
}
