package automation

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// drainTime is how long a reader may take to read what is left after its
// context has ended.
const drainTime = 10 * time.Second

// stream sends events to auto's event server. A reader that is slow must stall
// neither the engine nor lose an event: what waits for it beyond spoolMemory is
// in a temporary file.
type stream struct {
	conn   *grpc.ClientConn
	out    pulumirpc.Events_StreamEventsClient
	cancel context.CancelFunc
	done   chan struct{} // closed when everything is sent

	mu    sync.Mutex
	queue *spool
	more  chan struct{} // holds a token when the queue or ended changed
	ended bool
}

// openStream connects to an --event-log address. It returns nil for "".
func openStream(ctx context.Context, addr string) (*stream, error) {
	if addr == "" {
		return nil, nil
	}
	target, err := streamTarget(addr)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "connect to the event log %s: %w", addr, err)
	}
	// The end of the call's context must not cut off the events about it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	out, err := pulumirpc.NewEventsClient(conn).StreamEvents(ctx)
	if err != nil {
		cancel()
		_ = conn.Close()
		return nil, gitops.Errorf(gitops.Failed, "connect to the event log %s: %w", addr, err)
	}
	s := &stream{conn: conn, out: out, cancel: cancel, done: make(chan struct{}), queue: newSpool(spoolMemory), more: make(chan struct{}, 1)}
	go s.forward()
	return s, nil
}

// streamTarget checks the address and avoids name resolution, which gRPC may
// take many seconds for: auto says localhost and means this machine.
func streamTarget(addr string) (string, error) {
	hostport, ok := strings.CutPrefix(addr, "tcp://")
	if !ok {
		return "", usage("--event-log %q: only tcp:// addresses are served in this process", addr)
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", usage("--event-log %q: %v", addr, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return "passthrough:///" + net.JoinHostPort(host, port), nil
}

// send queues one event. It never waits.
func (s *stream) send(e apitype.EngineEvent) {
	b, err := json.Marshal(e)
	if err != nil { // plain data, by construction
		return
	}
	s.mu.Lock()
	s.queue.put(string(b))
	s.mu.Unlock()
	s.wake()
}

func (s *stream) wake() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// take returns what is queued, and whether that was all.
func (s *stream) take() ([]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue.take()
	return q, s.ended && len(q) == 0
}

// forward sends until the stream is closed and the queue is empty, and waits
// for the reader's answer: then it has closed its channels.
func (s *stream) forward() {
	defer close(s.done)
	for range s.more {
		for {
			events, last := s.take()
			if last {
				_, _ = s.out.CloseAndRecv()
				return
			}
			if len(events) == 0 {
				break
			}
			for _, e := range events {
				if s.out.Send(&pulumirpc.EventRequest{Event: e}) != nil {
					_, _ = s.out.CloseAndRecv() // the reader is gone
					return
				}
			}
		}
	}
}

// close ends the stream and waits until the reader has everything. When ctx has
// ended it waits for drainTime at most, and not at all after terminate.
func (s *stream) close(ctx context.Context, terminate <-chan struct{}) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.wake()
	select {
	case <-s.done:
	case <-terminate:
	case <-ctx.Done():
		late := time.NewTimer(drainTime)
		defer late.Stop()
		select {
		case <-s.done:
		case <-late.C:
		case <-terminate:
		}
	}
	s.cancel()
	_ = s.conn.Close()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.close()
}
