package plugins

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// DefaultIdle and DefaultMemory are the limits of a Pool whose Options do not
// give any.
const (
	DefaultIdle   = 2 * time.Minute
	DefaultMemory = 1 << 30 // bytes
)

// Options are the limits of a Pool.
type Options struct {
	// Idle is how long a process is kept that nobody uses; 0 means DefaultIdle,
	// less means that none is kept.
	Idle time.Duration
	// Memory is how many bytes all processes together may have resident that
	// nobody uses; 0 means DefaultMemory. Those that have been idle longest end
	// first.
	Memory int64

	// Now and AfterFunc are the clock; nil means the real one. stop reports, as
	// time.Timer.Stop does, whether f will not run.
	Now       func() time.Time
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	// Resident measures a process, in bytes; nil means as the system does, where
	// it can be asked.
	Resident func(pid int) int64
}

func (o Options) withDefaults() Options {
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.AfterFunc == nil {
		o.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	if o.Resident == nil {
		o.Resident = resident
	}
	return o
}

// Pool keeps provider processes. It is safe for concurrent use.
type Pool struct {
	opts   Options
	secret []byte // keys hold environments and configurations only as digests made with it

	mu     sync.Mutex
	idle   []*process // longest idle first
	all    map[*process]struct{}
	hello  map[string]greeting // by plugin
	stop   func() bool         // the timer of the next sweep; nil when there is none
	closed bool
	starts sync.WaitGroup
	ending sync.WaitGroup

	thread  *thread         // starts the processes
	open    context.Context // ends when the pool is closed
	shut    context.CancelFunc
	scratch string // the directory of Scratch; "" before it is asked for
}

// New returns an empty pool.
func New(opts Options) *Pool {
	p := &Pool{
		opts: opts.withDefaults(), secret: make([]byte, sha256.Size), thread: newThread(),
		all: map[*process]struct{}{}, hello: map[string]greeting{},
	}
	p.open, p.shut = context.WithCancel(context.Background())
	_, _ = rand.Read(p.secret) // it never fails
	return p
}

// Scratch returns an empty directory for processes whose working directory means
// nothing, so that they can be shared. It is removed by Close.
func (p *Pool) Scratch() (_ string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return "", errClosed
	}
	if p.scratch == "" {
		p.scratch, err = os.MkdirTemp("", "trunkline-plugins-")
	}
	return p.scratch, err
}

var errClosed = gitops.Errorf(gitops.Cancelled, "the engine is closed")

// Close ends all processes, also those that are used, and waits for their end.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.ending.Wait()
		return nil
	}
	p.closed = true
	p.shut()
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
	for proc := range p.all {
		how := (*process).kill
		if slices.Contains(p.idle, proc) {
			how = (*process).quit
		}
		p.end(proc, how)
	}
	p.idle = nil
	p.mu.Unlock()
	p.starts.Wait()
	p.ending.Wait()
	p.thread.close()
	if p.scratch == "" {
		return nil
	}
	return os.RemoveAll(p.scratch)
}

// take returns the process that became idle last among those that fit, nil when
// there is none. One that has died, or whose working directory is another one
// by now, does not fit anybody any more.
func (p *Pool) take(base string, fit func(*process) bool) *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		proc := p.idle[i]
		if proc.base != base || !fit(proc) {
			continue
		}
		p.idle = slices.Delete(p.idle, i, i+1)
		if proc.usable() {
			return proc
		}
		p.end(proc, (*process).quit)
	}
	return nil
}

// start starts a process and keeps book of it.
func (p *Pool) start(ctx context.Context, plugin Plugin, base, engine string) (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	p.starts.Add(1) // Close waits for it
	p.mu.Unlock()
	defer p.starts.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.open, cancel)()
	proc, err := startProcess(ctx, p.thread, plugin, engine)
	if err != nil {
		return nil, err
	}
	proc.base = base
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.end(proc, (*process).kill)
		return nil, errClosed
	}
	p.all[proc] = struct{}{}
	p.hello[base] = proc.hello
	return proc, nil
}

// greeting is what processes of a plugin answer to a handshake, if one was ever
// started.
func (p *Pool) greeting(base string) (greeting, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.hello[base]
	return g, ok
}

// give takes a process back. It is kept, or its end is awaited.
func (p *Pool) give(proc *process) {
	if proc.poisoned() || !proc.alive() {
		proc.quit()
		p.forget(proc)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.opts.Idle < 0 {
		p.end(proc, (*process).quit)
		return
	}
	proc.idleSince = p.opts.Now()
	p.idle = append(p.idle, proc)
	p.trim()
	p.plan()
}

func (p *Pool) forget(proc *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, proc)
}

// end ends a process in the background.
func (p *Pool) end(proc *process, how func(*process)) {
	p.ending.Go(func() {
		how(proc)
		p.forget(proc)
	})
}

// trim ends the processes that have been idle longest until the others fit into
// the memory. It is called with the lock held.
func (p *Pool) trim() {
	sizes := make([]int64, len(p.idle))
	for i, proc := range p.idle {
		sizes[i] = p.opts.Resident(proc.pid())
	}
	n := surplus(sizes, p.opts.Memory)
	for _, proc := range p.idle[:n] {
		p.end(proc, (*process).quit)
	}
	p.idle = slices.Delete(p.idle, 0, n)
}

// surplus returns how many of the first sizes to leave out so that the rest is
// within the budget.
func surplus(sizes []int64, budget int64) int {
	var sum int64
	for i := len(sizes) - 1; i >= 0; i-- {
		if sum += sizes[i]; sum > budget {
			return i + 1
		}
	}
	return 0
}

// plan sets the timer to when the next process has been idle for too long. It
// is called with the lock held.
func (p *Pool) plan() {
	if p.stop == nil && len(p.idle) > 0 && !p.closed {
		p.stop = p.opts.AfterFunc(p.idle[0].idleSince.Add(p.opts.Idle).Sub(p.opts.Now()), p.sweep)
	}
}

// sweep ends the processes that have been idle for too long.
func (p *Pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop = nil
	limit := p.opts.Now().Add(-p.opts.Idle)
	n := 0
	for n < len(p.idle) && !p.idle[n].idleSince.After(limit) {
		p.end(p.idle[n], (*process).quit)
		n++
	}
	p.idle = slices.Delete(p.idle, 0, n)
	p.plan()
}

// digest names content without telling it.
func (p *Pool) digest(parts ...string) string {
	h := hmac.New(sha256.New, p.secret)
	for _, part := range parts {
		_ = binary.Write(h, binary.BigEndian, int64(len(part))) // a hash takes everything
		h.Write([]byte(part))
	}
	return string(h.Sum(nil))
}

// base names everything that a process sees from its start on. A plugin that
// was installed anew is another one.
func (p *Pool) base(plugin Plugin) (string, error) {
	info, err := os.Stat(plugin.Path)
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "cannot start " + plugin.String(), Where: plugin.Path, Err: err}
	}
	env := slices.Sorted(slices.Values(plugin.Env))
	return p.digest(append(env, strconv.Itoa(len(env)), plugin.Name, plugin.Version, plugin.Path, plugin.Dir,
		strconv.FormatInt(info.Size(), 10), info.ModTime().UTC().Format(time.RFC3339Nano))...), nil
}
