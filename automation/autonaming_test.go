package automation_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// namer is a provider that takes names from the engine.
type namer struct {
	*enginetest.Provider
	mu    sync.Mutex
	names []string
}

func (*namer) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true, SupportsAutonamingConfiguration: true}, nil
}

func (n *namer) Check(ctx context.Context, in *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	n.mu.Lock()
	n.names = append(n.names, in.GetAutonaming().GetProposedName())
	n.mu.Unlock()
	return n.Provider.Check(ctx, in)
}

func TestAutonamingIsConfiguredByTheStack(t *testing.T) {
	t.Parallel()
	n := &namer{Provider: enginetest.NewProvider()}
	w := newWorld(t, automation.Provider("test", n))
	s := w.stack("dev", things("a", "one"))
	w.must(s.SetConfigWithOptions(t.Context(), "pulumi:autonaming.pattern",
		auto.ConfigValue{Value: "${project}-${stack}-${name}"}, &auto.ConfigOptions{Path: true}))
	_, err := s.Preview(t.Context())
	w.must(err)
	if got := strings.Join(n.names, " "); got != "shop-dev-one" {
		t.Errorf("proposed names: %q", got)
	}
}
