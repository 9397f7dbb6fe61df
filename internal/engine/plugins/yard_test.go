package plugins

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// clock is a clock that a test moves.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*timer
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := !t.stopped
		t.stopped = true
		return was
	}
}

// pass moves the clock and runs what is due.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []*timer
	c.timers = slices.DeleteFunc(c.timers, func(t *timer) bool {
		if !t.stopped && !t.at.After(c.now) {
			due = append(due, t)
			return true
		}
		return t.stopped
	})
	c.mu.Unlock()
	for _, t := range due {
		t.f()
	}
}

// heard is an engine that remembers what it is told.
type heard struct {
	pulumirpc.UnimplementedEngineServer
	addr string
	mu   sync.Mutex
	logs []string
}

func (h *heard) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.logs = append(h.logs, in.GetMessage())
	return &emptypb.Empty{}, nil
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.logs)
}

func newEngine(t *testing.T) *heard {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{addr: l.Addr().String()}
	s := grpc.NewServer()
	pulumirpc.RegisterEngineServer(s, h)
	go func() { _ = s.Serve(l) }() // it returns when the server is stopped
	t.Cleanup(s.Stop)
	return h
}

// yard is a pool with everything that it needs.
type yard struct {
	*Pool
	t      *testing.T
	engine *heard
	plugin Plugin
}

func newYard(t *testing.T, p *enginetest.Plugin, opts Options) *yard {
	t.Helper()
	y := &yard{Pool: New(opts), t: t, engine: newEngine(t)}
	t.Cleanup(func() {
		if err := y.Close(); err != nil {
			t.Error(err)
		}
	})
	y.plugin = Plugin{Name: "test", Version: "1.0.0", Path: p.Path, Dir: t.TempDir()}
	for k, v := range p.Env(t.Name(), nil) {
		y.plugin.Env = append(y.plugin.Env, k+"="+v)
	}
	return y
}

// open returns a provider in a session of its own.
func (y *yard) open() (pulumirpc.ResourceProviderClient, *Session) {
	y.t.Helper()
	s, err := y.Open(y.plugin, Use{Engine: y.engine.addr})
	if err != nil {
		y.t.Fatal(err)
	}
	return pulumirpc.NewResourceProviderClient(s), s
}

func region(name string) *pulumirpc.ConfigureRequest {
	return &pulumirpc.ConfigureRequest{Args: &structpb.Struct{Fields: map[string]*structpb.Value{"region": structpb.NewStringValue(name)}}}
}

// busy opens a session that is configured for the region and returns its process.
func (y *yard) busy(name string) (*Session, *process) {
	y.t.Helper()
	c, s := y.open()
	if _, err := c.Configure(y.t.Context(), region(name)); err != nil {
		y.t.Fatal(err)
	}
	return s, s.proc
}

func (y *yard) close(s *Session) {
	y.t.Helper()
	if err := s.Close(); err != nil {
		y.t.Error(err)
	}
}
