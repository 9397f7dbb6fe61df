package plugins

import (
	"context"
	"fmt"
	"path"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Use is what an operation tells about itself.
type Use struct {
	// Engine is the address of the operation's engine server.
	Engine string
	// Cancel, when closed, ends the wait for a process that is starting, and lets no
	// other one start. Calls in flight go on. It may be nil.
	Cancel <-chan struct{}
	// Stop, when closed, abandons what is being done and kills the process. Its
	// end may be nil.
	Stop <-chan struct{}
	// Lost is called with the URN of a create whose answer will never come, so
	// that nobody knows whether the resource exists. Optional.
	Lost func(urn string)
}

// Session is one operation's use of one provider. It is a connection for
// pulumirpc.NewResourceProviderClient, behind which a process is taken when the
// first call needs one: for Configure one that was configured equally, if there
// is one. It is safe for concurrent use.
type Session struct {
	pool   *Pool
	plugin Plugin
	base   string
	use    Use
	ctx    context.Context
	cancel context.CancelFunc
	// starts ends when no process is to be started any more.
	starts context.Context

	mu     sync.Mutex
	proc   *process         // what calls go to; nil before the first one
	held   map[*process]int // what this session has, with the number of calls in flight
	params *pulumirpc.ParameterizeRequest
	digest string // of params
	closed bool
}

var _ grpc.ClientConnInterface = (*Session)(nil)

// Open returns a session. Nothing is started yet. A plugin whose executable is
// not there is an error of kind Invalid.
func (p *Pool) Open(plugin Plugin, use Use) (*Session, error) {
	base, err := p.base(plugin)
	if err != nil {
		return nil, err
	}
	s := &Session{pool: p, plugin: plugin, base: base, use: use, held: map[*process]int{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	starts, startNone := context.WithCancel(s.ctx)
	s.starts = starts
	go func() {
		defer startNone()
		for cancelled := use.Cancel; ; {
			select {
			case <-cancelled:
				startNone()
				cancelled = nil
			case <-use.Stop:
				s.abort()
				return
			case <-s.ctx.Done():
				return
			}
		}
	}()
	return s, nil
}

// Invoke implements grpc.ClientConnInterface.
func (s *Session) Invoke(ctx context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	req, res := in.(proto.Message), out.(proto.Message)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	switch name := path.Base(method); name {
	case "Handshake":
		return s.handshake(ctx, res)
	case "Parameterize":
		return s.parameterize(ctx, req, res)
	case "Configure":
		return s.configure(ctx, method, req, res)
	case "Cancel": // what is in flight goes on to its end
		s.Poison()
		return nil
	default:
		return s.forward(ctx, method, req, res)
	}
}

// NewStream implements grpc.ClientConnInterface. A stream counts as in flight
// until its context ends.
func (s *Session) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	proc, err := s.begin(ctx, anything)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { s.end(proc) })
	return proc.conn.NewStream(ctx, desc, method, opts...)
}

// Poison lets no process of this session be used by another operation.
func (s *Session) Poison() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for proc := range s.held {
		proc.poison()
	}
}

// Close gives the processes back. One with a call in flight is ended.
func (s *Session) Close() error {
	s.cancel() // nothing is started any more
	s.mu.Lock()
	s.closed = true
	held := s.held
	s.held, s.proc = map[*process]int{}, nil
	s.mu.Unlock()
	for proc, flying := range held {
		if flying > 0 {
			proc.poison()
		}
		proc.relay.detach()
		s.pool.give(proc)
	}
	return nil
}

// abort kills the processes.
func (s *Session) abort() {
	s.cancel() // first: a start that is under way holds the lock
	s.Poison()
	s.mu.Lock()
	defer s.mu.Unlock()
	for proc := range s.held {
		proc.kill()
	}
}

// handshake answers what processes of the plugin answer, which takes no process
// once one was started.
func (s *Session) handshake(ctx context.Context, out proto.Message) error {
	hello, ok := s.pool.greeting(s.base)
	if !ok {
		proc, err := s.begin(ctx, anything)
		if err != nil {
			return err
		}
		defer s.end(proc)
		hello = proc.hello
	}
	if hello.answer == nil {
		return status.Error(codes.Unimplemented, s.plugin.String()+" knows no handshake")
	}
	proto.Merge(out, hello.answer)
	return nil
}

func (s *Session) forward(ctx context.Context, method string, in, out proto.Message) error {
	proc, err := s.begin(ctx, anything)
	if err != nil {
		return err
	}
	defer s.end(proc)
	return s.call(ctx, proc, method, in, out)
}

// call does one call and judges by its end what the process is worth.
func (s *Session) call(ctx context.Context, proc *process, method string, in, out proto.Message) error {
	var header, trailer metadata.MD
	err := proc.conn.Invoke(ctx, method, in, out, grpc.Header(&header), grpc.Trailer(&trailer))
	if err == nil {
		return nil
	}
	name := path.Base(method)
	if poisons(name, status.Code(err)) {
		proc.poison()
	}
	if ctx.Err() == nil && !proc.lost(err, header, trailer) {
		return err // the provider's own answer
	}
	proc.poison()
	if c, ok := in.(*pulumirpc.CreateRequest); ok && !c.GetPreview() && s.use.Lost != nil {
		s.use.Lost(c.GetUrn())
	}
	if ctx.Err() != nil {
		return status.Error(codes.Canceled, "the operation was stopped")
	}
	// Unknown, because nobody knows what came of the call.
	return status.Error(codes.Unknown, fmt.Sprintf("%s did not answer %s: %s", s.plugin, name, proc.fate()))
}

// poisons tells whether a process is not used again after it has answered a
// call so. Until it is configured, providers answer many things with an error
// that means nothing; later an error may come from something that the process
// has cached, such as credentials.
func poisons(method string, code codes.Code) bool {
	if code == codes.OK || code == codes.Unimplemented {
		return false
	}
	switch method {
	case "GetSchema", "GetPluginInfo", "GetMapping", "GetMappings", "CheckConfig", "DiffConfig":
		return code == codes.Unavailable || code == codes.Canceled || code == codes.DeadlineExceeded
	}
	return true
}

// lost tells whether err is the end of the connection, and not an answer. An
// answer has metadata, if only its content type.
func (p *process) lost(err error, header, trailer metadata.MD) bool {
	if len(trailer) > 0 {
		return false
	}
	if status.Code(err) != codes.Unavailable {
		return !p.alive()
	}
	moment := time.NewTimer(time.Second) // the connection ends before the process
	defer moment.Stop()
	select {
	case <-p.done:
		return true
	case <-moment.C:
		return len(header) == 0
	}
}

// fate says what became of a process that does not answer.
func (p *process) fate() string {
	if p.alive() {
		return "the connection to it was lost" + p.out.tail()
	}
	return p.death() + p.out.tail()
}
