// Package network provides a VPC with public and private subnets.
package network

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:network:Network"

// NAT says how the private subnets reach the internet.
type NAT string

// The ways out of the private subnets.
const (
	// NATSingle is one gateway for all zones: cheaper, gone when its zone is.
	NATSingle NAT = "single"
	// NATPerZone is one gateway in every zone.
	NATPerZone NAT = "per-zone"
	// NATNone leaves the private subnets without a way out.
	NATNone NAT = "none"
)

// Args configures a network. The zero value is 10.0.0.0/16 over two zones with
// one NAT gateway.
type Args struct {
	// CIDR is the IPv4 block, from /16 to /22. Default 10.0.0.0/16. It cannot be
	// changed later: everything is replaced.
	CIDR string
	// Zones is how many availability zones are used, 1 to 6. Default 2, or the
	// length of ZoneNames. It can grow without moving a subnet.
	Zones int
	// ZoneNames names the zones, such as eu-west-1a. Default: the first zones of
	// the region; a subnet then stays in the zone in which it was created.
	ZoneNames []string
	// NAT is how private subnets reach the internet. Default NATSingle.
	NAT NAT
	// FlowLogDays keeps a record of all traffic for so many days, one of the
	// numbers that CloudWatch allows. Default 0: no record.
	FlowLogDays int
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Network is a VPC. In every zone it has a public subnet, whose traffic goes
// through the internet gateway, and a private one, whose traffic goes through a
// NAT gateway. S3 is reached inside AWS. The VPC and its subnets are free; a
// NAT gateway costs about as much as a small server, and per gigabyte.
type Network struct {
	pulumi.ResourceState

	// VPCID is the id of the VPC.
	VPCID pulumi.StringOutput `pulumi:"vpcId"`
	// CIDR is the VPC's IPv4 block.
	CIDR pulumi.StringOutput `pulumi:"cidr"`
	// PublicSubnetIDs and PrivateSubnetIDs have one id a zone, in one order.
	PublicSubnetIDs  pulumi.StringArrayOutput `pulumi:"publicSubnetIds"`
	PrivateSubnetIDs pulumi.StringArrayOutput `pulumi:"privateSubnetIds"`
	// EgressIPs are the addresses from which private subnets reach the internet,
	// for the allow-lists of others. Empty with NATNone.
	EgressIPs pulumi.StringArrayOutput `pulumi:"egressIps"`
}

// New creates a network. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Network{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.vpcAndGateway,
		b.subnets,
		b.natGateways,
		b.publicRoutes,
		b.privateRoutes,
		b.s3Endpoint,
		b.flowLogs,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("network %q: %w", name, err)
		}
	}
	self.VPCID, self.CIDR = b.vpc.ID().ToStringOutput(), b.vpc.CidrBlock
	self.PublicSubnetIDs, self.PrivateSubnetIDs = ids(b.public), ids(b.private)
	self.EgressIPs = b.egressIPs()
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"vpcId": self.VPCID, "cidr": self.CIDR, "egressIps": self.EgressIPs,
		"publicSubnetIds": self.PublicSubnetIDs, "privateSubnetIds": self.PrivateSubnetIDs,
	})
}

func (a Args) withDefaults() Args {
	if a.CIDR == "" {
		a.CIDR = "10.0.0.0/16"
	}
	if a.Zones == 0 {
		a.Zones = 2
		if len(a.ZoneNames) > 0 {
			a.Zones = len(a.ZoneNames)
		}
	}
	if a.NAT == "" {
		a.NAT = NATSingle
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	if _, err := parseCIDR(a.CIDR); err != nil {
		p.Addf("CIDR", "%v", err)
	}
	check.Between(&p, "Zones", a.Zones, 1, maxZones)
	if n := len(a.ZoneNames); n > 0 && n != a.Zones {
		p.Addf("ZoneNames", "%d names for %d zones", n, a.Zones)
	}
	if sorted := slices.Sorted(slices.Values(a.ZoneNames)); len(slices.Compact(sorted)) < len(a.ZoneNames) {
		p.Addf("ZoneNames", "%v names a zone twice", a.ZoneNames)
	}
	check.OneOf(&p, "NAT", a.NAT, NATSingle, NATPerZone, NATNone)
	if a.FlowLogDays != 0 {
		check.LogDays(&p, "FlowLogDays", a.FlowLogDays)
	}
	return p.Err("network", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"cidr":        pulumi.String(a.CIDR),
		"zones":       pulumi.Int(a.Zones),
		"nat":         pulumi.String(a.NAT),
		"flowLogDays": pulumi.Int(a.FlowLogDays),
	}
	if len(a.ZoneNames) > 0 {
		m["zoneNames"] = pulumi.ToStringArray(a.ZoneNames)
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}

func ids(subnets []*ec2.Subnet) pulumi.StringArrayOutput {
	out := make(pulumi.StringArray, len(subnets))
	for i, s := range subnets {
		out[i] = s.ID()
	}
	return out.ToStringArrayOutput()
}
