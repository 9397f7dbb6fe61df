package sandbox_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// props are properties as a test writes them.
type props = map[string]any

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// cloud opens an empty, repeatable cloud.
func cloud(t testing.TB) *sandbox.Cloud {
	t.Helper()
	c, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.WithClock(clock), sandbox.WithSeed("test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// engine drives a provider the way Pulumi's engine does: check, then create, or
// diff and update or replace.
type engine struct {
	testing.TB
	server pulumirpc.ResourceProviderServer
}

// deployed is a resource in the engine's state.
type deployed struct {
	urn, id         string
	inputs, outputs *structpb.Struct
}

func newEngine(t testing.TB, c *sandbox.Cloud) *engine {
	t.Helper()
	return &engine{t, c.Server("", "")}
}

func urn(token, name string) string {
	return "urn:pulumi:dev::shop::" + token + "::" + name
}

func wire(t testing.TB, p props) *structpb.Struct {
	t.Helper()
	m, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(p), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// values returns decoded properties; unknown is "?" and secrets are marked.
func values(t testing.TB, s *structpb.Struct) props {
	t.Helper()
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	return m.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsComputed():
			return "?", true
		case v.IsSecret():
			return "secret", true
		}
		return nil, false
	})
}

// check returns the checked inputs and the failures, one "property: reason" each.
func (e *engine) check(urn string, olds *structpb.Struct, p props) (*structpb.Struct, []string) {
	e.Helper()
	r, err := e.server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: urn, Olds: olds, News: wire(e, p), RandomSeed: []byte("seed")})
	if err != nil {
		e.Fatal(err)
	}
	var failures []string
	for _, f := range r.GetFailures() {
		failures = append(failures, f.GetProperty()+": "+f.GetReason())
	}
	return r.GetInputs(), failures
}

// try creates a resource.
func (e *engine) try(token, name string, p props) (*deployed, error) {
	e.Helper()
	u := urn(token, name)
	in, failures := e.check(u, nil, p)
	if len(failures) > 0 {
		e.Fatalf("check of %s: %s", name, strings.Join(failures, "; "))
	}
	r, err := e.server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: u, Properties: in})
	if err != nil {
		return nil, err
	}
	return &deployed{u, r.GetId(), in, r.GetProperties()}, nil
}

func (e *engine) create(token, name string, p props) *deployed {
	e.Helper()
	d, err := e.try(token, name, p)
	if err != nil {
		e.Fatalf("create %s: %v", name, err)
	}
	return d
}

// preview returns the outputs of a creation that is only previewed.
func (e *engine) preview(token, name string, p props) props {
	e.Helper()
	u := urn(token, name)
	in, failures := e.check(u, nil, p)
	if len(failures) > 0 {
		e.Fatalf("check of %s: %s", name, strings.Join(failures, "; "))
	}
	r, err := e.server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: u, Properties: in, Preview: true})
	if err != nil {
		e.Fatal(err)
	}
	return values(e, r.GetProperties())
}

// diff compares a deployed resource with new inputs.
func (e *engine) diff(d *deployed, p props) (*pulumirpc.DiffResponse, *structpb.Struct) {
	e.Helper()
	in, failures := e.check(d.urn, d.inputs, p)
	if len(failures) > 0 {
		e.Fatalf("check of %s: %s", d.urn, strings.Join(failures, "; "))
	}
	r, err := e.server.Diff(context.Background(), &pulumirpc.DiffRequest{Id: d.id, Urn: d.urn, Olds: d.outputs, OldInputs: d.inputs, News: in})
	if err != nil {
		e.Fatal(err)
	}
	return r, in
}

// update applies new inputs in place.
func (e *engine) update(d *deployed, p props) error {
	e.Helper()
	in, failures := e.check(d.urn, d.inputs, p)
	if len(failures) > 0 {
		e.Fatalf("check of %s: %s", d.urn, strings.Join(failures, "; "))
	}
	r, err := e.server.Update(context.Background(), &pulumirpc.UpdateRequest{Id: d.id, Urn: d.urn, Olds: d.outputs, OldInputs: d.inputs, News: in})
	if err != nil {
		return err
	}
	d.inputs, d.outputs = in, r.GetProperties()
	return nil
}

// refresh reads a resource back; it returns false when it is gone.
func (e *engine) refresh(d *deployed) bool {
	e.Helper()
	r, err := e.server.Read(context.Background(), &pulumirpc.ReadRequest{Id: d.id, Urn: d.urn, Inputs: d.inputs, Properties: d.outputs})
	if err != nil {
		e.Fatal(err)
	}
	if r.GetId() == "" {
		return false
	}
	d.inputs, d.outputs = r.GetInputs(), r.GetProperties()
	return true
}

func (e *engine) delete(d *deployed) error {
	e.Helper()
	_, err := e.server.Delete(context.Background(), &pulumirpc.DeleteRequest{Id: d.id, Urn: d.urn, Properties: d.outputs, OldInputs: d.inputs})
	return err
}

// out returns one output of a deployed resource.
func (e *engine) out(d *deployed, key string) any {
	e.Helper()
	return values(e, d.outputs)[key]
}

// message returns the text of a provider's error.
func message(err error) string {
	if err == nil {
		return ""
	}
	return status.Convert(err).Message()
}
