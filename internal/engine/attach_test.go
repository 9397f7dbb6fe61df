package engine_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// elsewhere is a provider that runs in its own process and was told of the
// engine.
type elsewhere struct {
	*enginetest.Provider
	attached chan string
}

func (e *elsewhere) Attach(_ context.Context, in *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	e.attached <- in.GetAddress()
	return &emptypb.Empty{}, nil
}

func serveProvider(t *testing.T, p pulumirpc.ResourceProviderServer) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(s, p)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().(*net.TCPAddr).Port
}

func TestARunningProviderIsAttachedForOneOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := &elsewhere{Provider: enginetest.NewProvider(), attached: make(chan string, 1)}
	req := w.request(gitops.Update, oneThing("a", "x"))
	req.Env = map[string]string{"PULUMI_DEBUG_PROVIDERS": fmt.Sprintf("aws:1,test:%d", serveProvider(t, other))}
	if _, err := w.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if len(other.Things()) != 1 || len(w.provider.Things()) != 0 || <-other.attached == "" {
		t.Errorf("attached %v, in process %v", other.Things(), w.provider.Things())
	}
	w.run(gitops.Preview, oneThing("a", "y"))
	if n := w.provider.Calls()["Update(preview)"]; n != 1 {
		t.Errorf("the next operation went to the attached provider: %v", w.provider.Calls())
	}
}

func TestABadAttachmentFailsLoudly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, bad := range []string{"test", "test:x", "test:0", "test:70000"} {
		req := w.request(gitops.Preview, oneThing("a", "x"))
		req.Env = map[string]string{"PULUMI_DEBUG_PROVIDERS": bad}
		if _, err := w.Run(t.Context(), req); err == nil || !contains(err, "PULUMI_DEBUG_PROVIDERS") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
