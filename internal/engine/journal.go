package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// journal is where the engine writes down what it does before and after it does
// it. It implements engine.Journal.
//
// An entry is durable when AddJournalEntry returns. Entries that arrive while
// others are being written go to the store together. Entries that only say that
// nothing changed wait for the next one that matters: losing them loses nothing.
type journal struct {
	ctx     context.Context
	lease   gitops.Lease
	secrets secrets.Manager
	fenced  func(error)
	// doubtful tells whether nobody knows if the resource was created. Optional.
	doubtful func(urn string) bool
	// held makes sure that the lease is still there. Optional.
	held func() error

	mu      sync.Mutex
	cond    *sync.Cond
	entries []apitype.JournalEntry // all of them
	waiting [][]byte               // not yet in the store
	added   int                    // entries ever added
	stored  int                    // entries ever stored
	writing bool
	closed  bool
	err     error
}

func newJournal(ctx context.Context, lease gitops.Lease, sm secrets.Manager, fenced func(error)) *journal {
	j := &journal{ctx: ctx, lease: lease, secrets: sm, fenced: fenced}
	j.cond = sync.NewCond(&j.mu)
	return j
}

// manager returns the engine's snapshot manager on top of this journal. snap
// must be the very snapshot that the engine gets.
func (j *journal) manager(snap *deploy.Snapshot) (engine.SnapshotManager, error) {
	return engine.NewJournalSnapshotManager(j, snap, j.secrets)
}

// AddJournalEntry implements engine.Journal.
func (j *journal) AddJournalEntry(e engine.JournalEntry) error {
	if e.Kind == engine.JournalEntryFailure && e.State != nil && j.doubtful != nil && j.doubtful(string(e.State.URN)) {
		return nil // the create stays pending
	}
	entry, err := stack.BatchEncrypt(j.ctx, j.secrets,
		func(ctx context.Context, enc config.Encrypter) (apitype.JournalEntry, error) {
			return backend.SerializeJournalEntry(ctx, e, enc)
		})
	if err != nil {
		return fmt.Errorf("write down a step: %w", err)
	}
	raw, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("write down a step: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return errors.New("the operation was stopped")
	}
	j.entries = append(j.entries, entry)
	j.waiting = append(j.waiting, raw)
	j.added++
	if e.ElideWrite || e.Kind == engine.JournalEntrySecretsManager {
		return j.err
	}
	if err := j.store(j.added); err != nil || e.Kind != engine.JournalEntryBegin || j.held == nil {
		return err
	}
	return j.held() // the work begins when this returns
}

// store returns when the first n entries are in the store. It is called with
// the lock held.
func (j *journal) store(n int) error {
	for j.stored < n && j.err == nil {
		if j.writing {
			j.cond.Wait()
		} else {
			j.flush()
		}
	}
	return j.err
}

// flush writes what is waiting. It lets the lock go meanwhile.
func (j *journal) flush() {
	batch := j.waiting
	j.waiting, j.writing = nil, true
	j.mu.Unlock()
	err := j.append(batch)
	var fenced *gitops.FencedError
	if errors.As(err, &fenced) {
		go j.fenced(err) // it closes this journal
	}
	j.mu.Lock()
	j.writing = false
	if err == nil {
		j.stored += len(batch)
	}
	j.err = err
	j.cond.Broadcast()
}

func (j *journal) append(batch [][]byte) (err error) {
	defer storePanic(&err)
	return j.lease.Append(j.ctx, batch)
}

// storePanic turns a panic of the state store into an error: other operations go
// on in this process.
func storePanic(err *error) {
	if r := recover(); r != nil {
		*err = &gitops.Error{Kind: gitops.Bug, What: fmt.Sprintf("the state store panicked: %v", r), Err: errors.New(string(debug.Stack()))}
	}
}

// failure returns why an entry could not be stored, if one could not.
func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Close implements engine.Journal.
func (j *journal) Close() error { return nil }

// close refuses further entries and returns when everything is written and
// nothing is being written any more. An entry that reached the store after the
// state was committed would be applied twice.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	for j.writing || (len(j.waiting) > 0 && j.err == nil) {
		if j.writing {
			j.cond.Wait()
		} else {
			j.flush()
		}
	}
}

// compact returns base with all entries applied, also those that could not be
// stored.
func (j *journal) compact(base apitype.TypedDeployment) (apitype.TypedDeployment, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := backend.NewJournalReplayer(base.Deployment)
	for i, e := range j.entries {
		if err := r.Add(e); err != nil {
			return base, fmt.Errorf("entry %d: %w", i+1, err)
		}
	}
	return r.GenerateDeployment()
}
