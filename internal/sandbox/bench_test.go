package sandbox_test

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func BenchmarkCheck(b *testing.B) {
	e := newEngine(b, cloud(b))
	req := &pulumirpc.CheckRequest{Urn: urn("aws:ec2/vpc:Vpc", "main"), News: wire(b, props{"cidrBlock": "10.0.0.0/16", "tags": props{"a": "b"}})}
	for b.Loop() {
		if _, err := e.server.Check(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	e := newEngine(b, cloud(b))
	d := e.create("aws:ec2/vpc:Vpc", "main", props{"cidrBlock": "10.0.0.0/16", "tags": props{"a": "b"}})
	for b.Loop() {
		if _, err := e.server.Diff(context.Background(), &pulumirpc.DiffRequest{Id: d.id, Urn: d.urn, Olds: d.outputs, OldInputs: d.inputs, News: d.inputs}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	e := newEngine(b, cloud(b))
	for b.Loop() {
		e.create("aws:ec2/internetGateway:InternetGateway", "gw", props{})
	}
}
