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

type m = pulumi.Map

func s(v string) pulumi.String { return pulumi.String(v) }

func newThing(ctx *pulumi.Context, name string, in m, opts ...pulumi.ResourceOption) (*thing, error) {
	t := &thing{}
	return t, ctx.RegisterResource(cloud.Thing, name, in, t, opts...)
}

func newGroup(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*group, error) {
	g := &group{}
	return g, ctx.RegisterComponentResource("my:index:Group", name, g, opts...)
}

// one is a program with one thing.
func one(name string, in m, opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		t, err := newThing(ctx, name, in, opts...)
		if err != nil {
			return err
		}
		ctx.Export("value", t.Value)
		ctx.Export("arn", t.Arn)
		return nil
	}
}

func empty(*pulumi.Context) error { return nil }

var resources = []Program{
	{Theme: "lifecycle", Name: "create, update, nothing, destroy, remove", Steps: []Step{
		Preview(one("a", m{"value": s("1")})),
		Up(one("a", m{"value": s("1")})),
		State(),
		Preview(one("a", m{"value": s("2")})),
		Up(one("a", m{"value": s("2")})),
		Up(one("a", m{"value": s("2")})),
		Outputs(), History(10, 1), Info(),
		Refresh(),
		PreviewDestroy(), Destroy(), State(), Remove(),
	}},
}
