package sandbox_test

import (
	"context"
	"encoding/json"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Whatever a program sends, the provider answers, and it accepts for creation
// only what it can create or refuse.
func FuzzProviderAnswersAnything(f *testing.F) {
	f.Add(uint(0), `{}`, `{"name":"x"}`)
	f.Add(uint(5), `{"ami":1,"rootBlockDevice":[]}`, `{"rootBlockDevice":{"encrypted":{}},"tags":{"a":null}}`)
	f.Add(uint(12), `{"ingress":[1,{"cidrBlocks":"x"}],"description":"d"}`, `{"ingress":{"a":[]}}`)
	f.Add(uint(30), `{"assumeRolePolicy":{"Statement":[]},"__defaults":5}`, `{"assumeRolePolicy":[1]}`)
	f.Add(uint(36), `{"redrivePolicy":"[1]","fifoQueue":"yes"}`, `{"redrivePolicy":{}}`)
	var catalog types.Catalog
	tokens, err := catalog.Tokens()
	if err != nil {
		f.Fatal(err)
	}
	server := cloud(f).Server("", "")
	f.Fuzz(func(t *testing.T, n uint, first, second string) {
		var a, b props
		if json.Unmarshal([]byte(first), &a) != nil || json.Unmarshal([]byte(second), &b) != nil {
			return
		}
		ctx, token := context.Background(), tokens[n%uint(len(tokens))]
		u := urn(token, "x")
		olds, news := wire(t, a), wire(t, b)
		if _, err := server.Diff(ctx, &pulumirpc.DiffRequest{Urn: u, Olds: olds, OldInputs: olds, News: news}); err != nil {
			t.Fatal(err)
		}
		r, err := server.Check(ctx, &pulumirpc.CheckRequest{Urn: u, Olds: olds, News: news})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.GetFailures()) > 0 {
			return
		}
		created, err := server.Create(ctx, &pulumirpc.CreateRequest{Urn: u, Properties: r.GetInputs()})
		if err != nil {
			return // refused
		}
		if created.GetId() == "" {
			t.Errorf("%s was created without an identifier from %s", token, second)
		}
		if _, err := server.Delete(ctx, &pulumirpc.DeleteRequest{Id: created.GetId(), Urn: u}); err != nil {
			t.Error(err)
		}
	})
}
