package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// silent is a provider that creates and then answers with an error, or panics.
type silent struct {
	*enginetest.Provider
	err error
}

func (s silent) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if _, err := s.Provider.Create(ctx, r); err != nil {
		return nil, err
	}
	if s.err == nil {
		panic("nil map")
	}
	return nil, s.err
}

func TestACreateThatGotNoAnswerStaysPending(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		open bool
	}{
		"the cloud said no":     {status.Error(codes.Unknown, "quota exceeded"), false},
		"wrong input":           {status.Error(codes.InvalidArgument, "no such zone"), false},
		"the process has ended": {status.Error(codes.Unavailable, "error reading from server: EOF"), true},
		"the provider broke":    {status.Error(codes.Internal, "index out of range"), true},
		"it took too long":      {status.Error(codes.DeadlineExceeded, "context deadline exceeded"), true},
		"the provider panicked": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			broken := engine.New(w.options(silent{w.provider, c.err}))
			_, err := broken.Run(t.Context(), w.request(gitops.Update, one(pulumi.Map{"value": pulumi.String("a")})))
			if gitops.KindOf(err) != gitops.Deployment {
				t.Errorf("want a failed deployment, got %v", err)
			}
			pending, err := w.Pending(t.Context(), w.stack)
			if err != nil || (len(pending) == 1) != c.open {
				t.Fatalf("pending: %v, %v", pending, err)
			}
			if !c.open {
				return
			}
			if pending[0].Kind != "creating" || !strings.HasSuffix(pending[0].URN, "::one") {
				t.Errorf("pending: %v", pending)
			}
			if err := w.Settle(t.Context(), w.request(gitops.Refresh, nil), pending[0].URN, "thing-1"); err != nil {
				t.Fatal(err)
			}
			w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("a")}))
			if n := len(w.provider.Things()); n != 1 {
				t.Errorf("the cloud has %d things, want 1", n)
			}
		})
	}
}
