package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// builder makes the parts of one network, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOrInvokeOption

	vpc             *ec2.Vpc
	gateway         *ec2.InternetGateway
	public, private []*ec2.Subnet
	addresses       []*ec2.Eip
	nats            []*ec2.NatGateway
	tables          []*ec2.RouteTable
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

// vpcAndGateway makes the VPC, with names for its machines, and its door.
func (b *builder) vpcAndGateway() (err error) {
	b.vpc, err = ec2.NewVpc(b.ctx, b.name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.args.CIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true),
		Tags:               b.tags(b.name),
	}, b.child)
	if err != nil {
		return err
	}
	b.gateway, err = ec2.NewInternetGateway(b.ctx, b.name, &ec2.InternetGatewayArgs{
		VpcId: b.vpc.ID(),
		Tags:  b.tags(b.name),
		// It cannot leave a VPC in which NAT gateways still have addresses.
	}, b.child, pulumi.ReplaceOnChanges([]string{"vpcId"}))
	return err
}

// subnets makes one public and one private subnet in every zone.
func (b *builder) subnets() error {
	zones, err := b.zones()
	if err != nil {
		return err
	}
	block, err := parseCIDR(b.args.CIDR)
	if err != nil {
		return err
	}
	public, private := subnets(block, len(zones))
	for i, zone := range zones {
		out, err := b.subnet("public", i, zone, public[i])
		if err != nil {
			return err
		}
		in, err := b.subnet("private", i, zone, private[i])
		if err != nil {
			return err
		}
		b.public, b.private = append(b.public, out), append(b.private, in)
	}
	return nil
}

// subnet makes one subnet. A looked-up zone is where the subnet is created, not
// where it must be: a zone that AWS adds or takes off the list moves nothing.
func (b *builder) subnet(tier string, i int, zone string, block netip.Prefix) (*ec2.Subnet, error) {
	opts := []pulumi.ResourceOption{b.child}
	if len(b.args.ZoneNames) == 0 {
		opts = append(opts, pulumi.IgnoreChanges([]string{"availabilityZone"}))
	}
	name := b.numbered(tier, i)
	tags := b.tags(name)
	tags["Tier"] = pulumi.String(tier)
	return ec2.NewSubnet(b.ctx, name, &ec2.SubnetArgs{
		VpcId:            b.vpc.ID(),
		CidrBlock:        pulumi.String(block.String()),
		AvailabilityZone: pulumi.String(zone),
		Tags:             tags,
	}, opts...)
}

// zones returns the names given, or the first zones of the region that every
// account has.
func (b *builder) zones() ([]string, error) {
	if len(b.args.ZoneNames) > 0 {
		return b.args.ZoneNames, nil
	}
	found, err := aws.GetAvailabilityZones(b.ctx, &aws.GetAvailabilityZonesArgs{
		State:   pulumi.StringRef("available"),
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	}, b.child)
	if err != nil {
		return nil, err
	}
	if len(found.Names) < b.args.Zones {
		return nil, fmt.Errorf("%d zones are asked for, the region has %d: %v",
			b.args.Zones, len(found.Names), found.Names)
	}
	return found.Names[:b.args.Zones], nil
}

// numbered returns a name such as main-private-1; people count from one.
func (b *builder) numbered(what string, i int) string {
	return fmt.Sprintf("%s-%s-%d", b.name, what, i+1)
}
