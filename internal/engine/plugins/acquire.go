package plugins

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// need is the order in which processes serve a call: the first rule that one of
// them fits decides. A new process fits every need.
type need []func(*process) bool

func configured(digest string) func(*process) bool {
	return func(p *process) bool { return p.config.digest == digest }
}

func fresh(p *process) bool { return p.config.digest == "" }

// anything is the need of calls that work before Configure, and of those after
// it, when the session has its process.
var anything = need{func(*process) bool { return true }}

// fits tells whether p serves the need at all.
func (n need) fits(p *process) bool {
	for _, rule := range n {
		if rule(p) {
			return true
		}
	}
	return false
}

// begin returns the session's process for a call that has the need, and counts
// the call.
func (s *Session) begin(ctx context.Context, n need) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.ctx.Err() != nil {
		return nil, status.Error(codes.Canceled, "the operation is over")
	}
	if s.proc == nil || s.proc.params.digest != s.digest || !n.fits(s.proc) {
		s.drop()
		proc, err := s.acquire(ctx, n)
		if err != nil {
			return nil, statusOf(err)
		}
		s.proc = proc
	}
	s.held[s.proc]++
	return s.proc, nil
}

// statusOf gives our own errors the form of the protocol.
func statusOf(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	code := codes.Unknown
	if gitops.KindOf(err) == gitops.Cancelled {
		code = codes.Canceled
	}
	return status.Error(code, err.Error())
}

func (s *Session) end(proc *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.held[proc]; ok {
		s.held[proc]--
	}
}

// drop gives the process back that is not the right one. One that is still busy
// stays until Close. It is called with the lock held.
func (s *Session) drop() {
	proc := s.proc
	s.proc = nil
	if proc == nil || s.held[proc] > 0 {
		return
	}
	delete(s.held, proc)
	proc.relay.detach()
	s.pool.give(proc)
}

// acquire takes a warm process or starts one. It is called with the lock held.
func (s *Session) acquire(ctx context.Context, n need) (*process, error) {
	for _, rule := range n {
		if proc := s.pool.take(s.base, func(p *process) bool { return p.params.digest == s.digest && rule(p) }); proc != nil {
			proc.out.forget()
			s.held[proc] = 0
			return proc, proc.relay.attach(s.use.Engine)
		}
	}
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.starts, cancel)()
	proc, err := s.pool.start(starting, s.plugin, s.base, s.use.Engine)
	if err != nil {
		return nil, err
	}
	s.held[proc] = 0
	if s.params == nil {
		return proc, nil
	}
	return proc, s.setParams(ctx, proc)
}

func (s *Session) setParams(ctx context.Context, proc *process) error {
	answer, err := pulumirpc.NewResourceProviderClient(proc.conn).Parameterize(ctx, s.params)
	if err != nil {
		proc.poison()
		return err
	}
	proc.params = setting[*pulumirpc.ParameterizeResponse]{s.digest, answer}
	return nil
}

// parameterize makes the session one of a process with these parameters.
func (s *Session) parameterize(ctx context.Context, in, out proto.Message) error {
	digest, err := s.pool.digestOf(in)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.params, s.digest = proto.CloneOf(in.(*pulumirpc.ParameterizeRequest)), digest
	s.mu.Unlock()
	proc, err := s.begin(ctx, anything)
	if err != nil {
		return err
	}
	defer s.end(proc)
	proto.Merge(out, proc.params.answer)
	return nil
}

// configure finds a process that is configured so already, or configures one.
func (s *Session) configure(ctx context.Context, method string, in, out proto.Message) error {
	req := anonymous(in.(*pulumirpc.ConfigureRequest))
	digest, err := s.pool.digestOf(req)
	if err != nil {
		return err
	}
	proc, err := s.begin(ctx, need{configured(digest), fresh})
	if err != nil {
		return err
	}
	defer s.end(proc)
	s.mu.Lock()
	has := proc.config
	s.mu.Unlock()
	if has.digest == digest {
		proto.Merge(out, has.answer)
		return nil
	}
	if err := s.call(ctx, proc, method, req, out); err != nil {
		proc.poison()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	proc.config = setting[*pulumirpc.ConfigureResponse]{digest, proto.CloneOf(out.(*pulumirpc.ConfigureResponse))}
	return nil
}

// anonymous returns the request without what names the provider resource.
func anonymous(in *pulumirpc.ConfigureRequest) *pulumirpc.ConfigureRequest {
	out := proto.CloneOf(in)
	out.Urn, out.Name, out.Type, out.Id = nil, nil, nil, nil
	return out
}

// digestOf names a request: equal ones have equal digests.
func (p *Pool) digestOf(m proto.Message) (string, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return "", status.Error(codes.InvalidArgument, err.Error())
	}
	return p.digest(string(raw)), nil
}
