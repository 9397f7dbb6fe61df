package engine

import (
	"context"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// deleter tells of each delete before it does it.
type deleter struct {
	*enginetest.Provider
	before func()
}

// Delete implements the provider protocol.
func (d deleter) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	d.before()
	return d.Provider.Delete(ctx, r)
}

// Pulumi's engine returns no error when it was cancelled while it deletes.
func TestADestroyThatLeftSomethingOutIsNoSuccess(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	req.Program = enginetest.Serve(t, func(ctx *pulumi.Context) error {
		first, err := enginetest.NewThing(ctx, "first", pulumi.Map{"value": pulumi.String("a")})
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "second", pulumi.Map{"value": first.Value})
		return err
	})
	if _, err := e.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	e.opts.Providers["test"] = deleter{p, func() { // the second thing goes first
		cancel()
		e.mu.Lock()
		defer e.mu.Unlock()
		for op := range e.running[dev] {
			<-op.cancel.Canceled()
		}
	}}
	req.Operation, req.Program = gitops.Destroy, ""
	if _, err := e.Run(ctx, req); gitops.KindOf(err) != gitops.Cancelled {
		t.Errorf("want a cancelled error, got %v", err)
	}
	if n := len(p.Things()); n != 1 {
		t.Errorf("the cloud has %d things, want the first", n)
	}
	e.opts.Providers["test"] = p
	if _, err := e.Run(t.Context(), req); err != nil || len(p.Things()) != 0 {
		t.Errorf("the next destroy: %v; the cloud has %v", err, p.Things())
	}
}
