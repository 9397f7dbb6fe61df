package engine

import (
	"context"
	"sync"
	"time"

	sdkdisplay "github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// operation is one Run in progress.
type operation struct {
	eng *Engine
	req Request
	// ctx carries the caller's values and never ends: state and leases are
	// written with it.
	ctx context.Context

	cancel *cancel.Context
	source *cancel.Source
	over   chan struct{} // closed by end
	// abandoned is closed when the operation is to stop at once.
	abandoned chan struct{}
	abandon   func()

	lease   gitops.Lease
	base    base
	secrets secrets.Manager
	journal *journal
	program plugin.LanguageRuntime
	host    *host

	started  time.Time
	changes  sdkdisplay.ResourceChanges
	plan     *deploy.Plan
	lister   *importLister // nil when nobody asks for an import file
	failures failures
	version  int64
	// unsettled tells that the saved state has pending operations.
	unsettled bool
	// leave keeps the lease until it runs out, so that what was given up counts as
	// still going on.
	leave bool

	doubts  doubts
	mu      sync.Mutex
	stop    stopReason
	fenced  error
	refused *gitops.Error
	// told is when the store was last told of the lease, or before.
	told time.Time
}

type stopReason int

const (
	notStopped stopReason = iota
	stopGraceful
	stopNow
	stopLost // the lease went to somebody else
)

// newOperation makes an operation whose calls end with the caller's context.
func (e *Engine) newOperation(ctx context.Context, req Request) (*operation, error) {
	req, err := normalize(req)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, gitops.Errorf(gitops.Cancelled, "%s was cancelled before it started", req.Operation)
	}
	op := &operation{
		eng: e, req: req, ctx: context.WithoutCancel(ctx),
		over: make(chan struct{}), abandoned: make(chan struct{}),
	}
	op.abandon = sync.OnceFunc(func() { close(op.abandoned) })
	op.cancel, op.source = cancel.NewContext(context.Background())
	e.register(op)
	go op.watch(ctx.Done(), terminateOf(ctx))
	return op, nil
}

// watch turns the ends of the caller's contexts into the engine's two ways to
// stop.
func (op *operation) watch(cancelled, terminated <-chan struct{}) {
	for {
		select {
		case <-cancelled:
			op.cancelGracefully()
			cancelled = nil
		case <-terminated:
			op.terminate(stopNow)
			terminated = nil
		case <-op.over:
			return
		}
	}
}

func (op *operation) cancelGracefully() {
	op.note(stopGraceful)
	op.source.Cancel()
}

// terminate abandons the calls in flight. The journal is closed first, so that
// they stay recorded as unfinished.
func (op *operation) terminate(why stopReason) {
	op.note(why)
	op.mu.Lock()
	j := op.journal
	op.mu.Unlock()
	if j != nil {
		j.close()
	}
	op.abandon()
	op.source.Cancel()
	go op.insist()
}

// patience is how long the engine may take to end when everything that it waits
// for has been given up.
const patience = 2 * time.Second

// insist leaves an engine that has not ended by itself although nothing that it
// waits for goes on. To leave it sooner would be a race: it then goes on beside
// what is done after it.
func (op *operation) insist() {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-op.over:
	case <-late.C:
		op.source.Terminate()
	}
}

func (op *operation) openJournal() {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.journal = newJournal(op.ctx, op.lease, op.secrets, op.lose)
	op.journal.doubtful, op.journal.held = op.doubts.has, op.held
}

func (op *operation) note(why stopReason) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.stop = max(op.stop, why)
}

func (op *operation) stopped() stopReason {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.stop
}

// lose ends the operation because its lease is gone.
func (op *operation) lose(err error) {
	op.mu.Lock()
	if op.fenced == nil {
		op.fenced = err
	}
	op.mu.Unlock()
	op.terminate(stopLost)
}

func (op *operation) lost() error {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.fenced
}

// stopPlugins ends this operation's plugins and waits for them.
func (op *operation) stopPlugins() {
	op.source.Terminate()
	if op.host != nil {
		_ = op.host.Close() // what a plugin says while it ends changes nothing any more
	}
}

// end gives everything back.
func (op *operation) end() {
	op.stopPlugins()
	if op.program != nil {
		_ = op.program.Close()
	}
	close(op.over)
	op.eng.unregister(op)
	if op.lease != nil && !op.leave {
		_ = op.lease.Release(op.ctx) // the lease ends by itself
	}
}
