package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// PulumiVersion is the version of Pulumi whose engine this package runs.
const PulumiVersion = "3.255.0"

// DefaultParallel is how many resource operations run at once when a Request
// does not say.
const DefaultParallel = 16

// Engine implements API. It is safe for concurrent use; operations on different
// stacks run side by side.
type Engine struct {
	opts Options
	keys keyring

	pace pace

	plugins *plugins.Pool

	mu      sync.Mutex
	running map[gitops.StackRef]map[*operation]struct{}
}

var _ API = (*Engine)(nil)

// New returns an engine on the store of opts.
func New(opts Options) *Engine {
	setUp()
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Engine{
		opts: opts, pace: paceOf(opts.LeaseTTL),
		running: map[gitops.StackRef]map[*operation]struct{}{},
		plugins: plugins.New(opts.Plugins),
	}
}

// Close ends the provider processes that the engine keeps, also those that an
// operation still uses.
func (e *Engine) Close() error { return e.plugins.Close() }

type terminateKey struct{}

// WithTerminate returns a context for API methods in which the close of ch
// stops an operation at once: calls in flight are abandoned and what they were
// doing becomes a pending operation.
func WithTerminate(ctx context.Context, ch <-chan struct{}) context.Context {
	return context.WithValue(ctx, terminateKey{}, ch)
}

func terminateOf(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(terminateKey{}).(<-chan struct{})
	return ch
}

// Cancel implements API.
func (e *Engine) Cancel(ctx context.Context, ref gitops.StackRef) error {
	e.mu.Lock()
	found := len(e.running[ref]) > 0
	for op := range e.running[ref] {
		op.cancelGracefully()
	}
	e.mu.Unlock()
	if found {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	leases, err := e.opts.Store.Leases(ctx, ref)
	if err != nil {
		return err
	}
	if len(leases) == 0 {
		return gitops.Errorf(gitops.NotFound, "no operation is running on stack %s", ref)
	}
	for _, l := range leases {
		if err := e.opts.Store.Unlock(ctx, ref, l.ID); err != nil {
			return fmt.Errorf("end the lease of %s: %w", l.Holder, err)
		}
	}
	return nil
}

func (e *Engine) register(op *operation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running[op.req.Ref] == nil {
		e.running[op.req.Ref] = map[*operation]struct{}{}
	}
	e.running[op.req.Ref][op] = struct{}{}
}

func (e *Engine) unregister(op *operation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.running[op.req.Ref], op)
	if len(e.running[op.req.Ref]) == 0 {
		delete(e.running, op.req.Ref)
	}
}
