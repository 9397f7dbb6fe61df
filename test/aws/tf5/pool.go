package tf5

import (
	"context"
	"errors"
	"slices"
	"sync"

	"google.golang.org/grpc/peer"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// Pool keeps one process for each configuration.
//
// A process has one configuration, the last that it was given. A Pulumi provider
// that engines attach to has as many as there are engines; a call tells which
// one it is about by the connection that it comes over, and by nothing else.
//
// A process that was stopped, or has ended by itself, is replaced by the next
// call that needs it.
type Pool struct {
	start func() (*Process, error)

	mu      sync.Mutex       // of everything below, and of the slots' processes
	spare   *Process         // not configured
	slots   map[string]*slot // by configuration
	peers   map[string]*slot // by the address of the other end of a connection
	retired []*Process       // stopped, with calls that are about to return
}

// slot is one configuration.
type slot struct {
	config      *pb.Configure_Request
	configuring sync.Mutex
	process     *Process // nil: not yet, or no more
}

// NewPool returns a pool whose processes are made by start.
func NewPool(start func() (*Process, error)) *Pool {
	return &Pool{start: start, slots: map[string]*slot{}, peers: map[string]*slot{}}
}

// Close ends all processes.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append(slices.Clone(p.retired), p.spare)
	for _, s := range p.slots {
		all = append(all, s.process)
	}
	for _, process := range all {
		if process != nil {
			process.Close()
		}
	}
}

// Stop asks the process of a connection to give up what it is doing.
func (p *Pool) Stop(ctx context.Context) error {
	p.mu.Lock()
	var process *Process
	if s := p.peers[address(ctx)]; s != nil && s.process != nil {
		process, s.process = s.process, nil // it refuses everything from now on
		p.retired = append(p.retired, process)
	}
	p.mu.Unlock()
	if process == nil {
		return nil
	}
	r, err := process.client.Stop(ctx, &pb.Stop_Request{})
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return err
}

// Forget is called when a connection has ended.
func (p *Pool) Forget(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.peers, addr)
}

// configure gives the connection of ctx a process with a configuration.
func (p *Pool) configure(ctx context.Context, config *pb.Configure_Request) (*pb.Configure_Response, error) {
	key := string(config.GetConfig().GetMsgpack()) + string(config.GetConfig().GetJson())
	p.mu.Lock()
	s := p.slots[key]
	if s == nil {
		s = &slot{config: config}
		p.slots[key] = s
	}
	p.peers[address(ctx)] = s
	p.mu.Unlock()
	_, r, err := p.ready(ctx, s)
	return r, err
}

// of returns the process for a call.
func (p *Pool) of(ctx context.Context) (*Process, error) {
	p.mu.Lock()
	s := p.peers[address(ctx)]
	p.mu.Unlock()
	if s == nil {
		return p.some()
	}
	process, r, err := p.ready(ctx, s)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(r.Diagnostics, isError); i >= 0 {
		return nil, errors.New(r.Diagnostics[i].Summary + ": " + r.Diagnostics[i].Detail)
	}
	return process, nil
}

// ready returns the process of a slot, and what it said to its configuration
// where it has just been configured.
func (p *Pool) ready(ctx context.Context, s *slot) (*Process, *pb.Configure_Response, error) {
	s.configuring.Lock()
	defer s.configuring.Unlock()
	p.mu.Lock()
	process := s.process
	p.mu.Unlock()
	if process.alive() {
		return process, &pb.Configure_Response{}, nil
	}
	process, err := p.take()
	if err != nil {
		return nil, nil, err
	}
	r, err := process.client.Configure(ctx, s.config)
	refused := err != nil || slices.ContainsFunc(r.Diagnostics, isError)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !refused {
		s.process = process
		return process, r, nil
	}
	if p.spare == nil {
		p.spare = process // it is as good as before
	} else {
		process.Close()
	}
	return nil, r, err
}

// take returns a process without a configuration, for one.
func (p *Pool) take() (*Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if spare := p.spare; spare.alive() {
		p.spare = nil
		return spare, nil
	}
	return p.start()
}

// some returns a process for what does not depend on a configuration: schemas
// and checks.
func (p *Pool) some() (*Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spare.alive() {
		return p.spare, nil
	}
	for _, s := range p.slots {
		if s.process.alive() {
			return s.process, nil
		}
	}
	var err error
	p.spare, err = p.start()
	return p.spare, err
}

func isError(d *pb.Diagnostic) bool { return d.Severity == pb.Diagnostic_ERROR }

// address tells connections apart. The bridge's own calls, which come over none,
// are one more.
func address(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		return p.Addr.String()
	}
	return ""
}
