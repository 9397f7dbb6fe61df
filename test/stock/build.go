package stock

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/test/stock/cloud"
)

// thing is a resource of the test provider as a program sees it.
type thing struct {
	pulumi.CustomResourceState
	Value  pulumi.StringOutput  `pulumi:"value"`
	Serial pulumi.Float64Output `pulumi:"serial"`
	Arn    pulumi.StringOutput  `pulumi:"arn"`
	Token  pulumi.StringOutput  `pulumi:"token"`
	Name   pulumi.StringOutput  `pulumi:"name"`
}

// group is a component.
type group struct{ pulumi.ResourceState }

// region is an explicit provider.
type region struct{ pulumi.ProviderResourceState }

// m and s keep the programs short.
type m = pulumi.Map

func s(v string) pulumi.String { return pulumi.String(v) }

// build collects the first error of a program, so that programs are lists of
// resources.
type build struct {
	*pulumi.Context
	err error
}

// program makes a program of f.
func program(f func(b *build)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		b := &build{Context: ctx}
		f(b)
		return b.err
	}
}

func (b *build) note(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *build) custom(kind, name string, in m, opts ...pulumi.ResourceOption) *thing {
	t := &thing{}
	b.note(b.RegisterResource(kind, name, in, t, opts...))
	return t
}

func (b *build) thing(name string, in m, opts ...pulumi.ResourceOption) *thing {
	return b.custom(cloud.Thing, name, in, opts...)
}

// settled waits until a thing, and with it the stack, is registered: what the
// program does next is the same on every run.
func (b *build) settled(t *thing) {
	done := make(chan struct{})
	t.Value.ApplyT(func(string) bool { close(done); return true })
	select {
	case <-done:
	case <-b.Context.Context().Done():
	}
}

func (b *build) group(name string, opts ...pulumi.ResourceOption) *group {
	g := &group{}
	b.note(b.RegisterComponentResource("my:index:Group", name, g, opts...))
	return g
}

func (b *build) provider(name string, in m, opts ...pulumi.ResourceOption) *region {
	r := &region{}
	b.note(b.RegisterResource("pulumi:providers:test", name, in, r, opts...))
	return r
}

// one is a program with one thing.
func one(name string, in m, opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return program(func(b *build) {
		t := b.thing(name, in, opts...)
		b.Export("value", t.Value)
		b.Export("arn", t.Arn)
	})
}

// several is a program with things of one value.
func several(value string, names ...string) pulumi.RunFunc {
	return program(func(b *build) {
		for _, n := range names {
			b.thing(n, m{"value": s(value)})
		}
	})
}

// chain is a program in which each thing takes the arn of the one before.
func chain(value string, names ...string) pulumi.RunFunc {
	return program(func(b *build) {
		var arn pulumi.StringInput = s("none")
		for _, n := range names {
			arn = b.thing(n, m{"value": s(value), "upstream": arn}).Arn
		}
	})
}

func empty(*pulumi.Context) error { return nil }

// urn names a thing of stack dev.
func urn(name string) string { return "urn:pulumi:dev::" + Project + "::" + cloud.Thing + "::" + name }
