package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const everywhere = "0.0.0.0/0"

// natGateways makes as many NAT gateways as asked for, each with its address,
// in the public subnets.
func (b *builder) natGateways() error {
	count := map[NAT]int{NATSingle: 1, NATPerZone: len(b.public)}[b.args.NAT]
	for i := range count {
		name := b.numbered("nat", i)
		ip, err := ec2.NewEip(b.ctx, name, &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: b.tags(name)}, b.child)
		if err != nil {
			return err
		}
		nat, err := ec2.NewNatGateway(b.ctx, name, &ec2.NatGatewayArgs{
			AllocationId: ip.ID(),
			SubnetId:     b.public[i].ID(),
			Tags:         b.tags(name),
			// An address is at one gateway at a time.
		}, b.child, pulumi.DependsOn([]pulumi.Resource{b.gateway}), pulumi.DeleteBeforeReplace(true))
		if err != nil {
			return err
		}
		b.addresses, b.nats = append(b.addresses, ip), append(b.nats, nat)
	}
	return nil
}

// publicRoutes sends the traffic of all public subnets through the internet
// gateway.
func (b *builder) publicRoutes() error {
	name := b.name + "-public"
	table, err := b.table(name)
	if err != nil {
		return err
	}
	for i, subnet := range b.public {
		if err := b.associate(b.numbered("public", i), table, subnet); err != nil {
			return err
		}
	}
	_, err = ec2.NewRoute(b.ctx, name, &ec2.RouteArgs{
		RouteTableId:         table.ID(),
		DestinationCidrBlock: pulumi.String(everywhere),
		GatewayId:            b.gateway.ID(),
	}, b.child)
	return err
}

// privateRoutes gives every private subnet its own table, so that changing the
// number of NAT gateways changes routes and nothing else.
func (b *builder) privateRoutes() error {
	for i, subnet := range b.private {
		name := b.numbered("private", i)
		table, err := b.table(name)
		if err != nil {
			return err
		}
		if err := b.associate(name, table, subnet); err != nil {
			return err
		}
		if len(b.nats) == 0 {
			continue
		}
		if _, err := ec2.NewRoute(b.ctx, name, &ec2.RouteArgs{
			RouteTableId:         table.ID(),
			DestinationCidrBlock: pulumi.String(everywhere),
			NatGatewayId:         b.nats[i%len(b.nats)].ID(),
		}, b.child); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) table(name string) (*ec2.RouteTable, error) {
	table, err := ec2.NewRouteTable(b.ctx, name, &ec2.RouteTableArgs{VpcId: b.vpc.ID(), Tags: b.tags(name)}, b.child)
	b.tables = append(b.tables, table)
	return table, err
}

func (b *builder) associate(name string, table *ec2.RouteTable, subnet *ec2.Subnet) error {
	_, err := ec2.NewRouteTableAssociation(b.ctx, name, &ec2.RouteTableAssociationArgs{
		RouteTableId: table.ID(),
		SubnetId:     subnet.ID(),
	}, b.child)
	return err
}

// s3Endpoint keeps traffic to S3 inside AWS. It is free, and saves what a NAT
// gateway would charge for the same bytes.
func (b *builder) s3Endpoint() error {
	region, err := aws.GetRegion(b.ctx, nil, b.child)
	if err != nil {
		return err
	}
	tables := make(pulumi.StringArray, len(b.tables))
	for i, t := range b.tables {
		tables[i] = t.ID()
	}
	_, err = ec2.NewVpcEndpoint(b.ctx, b.name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           b.vpc.ID(),
		ServiceName:     pulumi.String("com.amazonaws." + region.Name + ".s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   tables,
		Tags:            b.tags(b.name + "-s3"),
	}, b.child)
	return err
}

func (b *builder) egressIPs() pulumi.StringArrayOutput {
	out := make(pulumi.StringArray, len(b.addresses))
	for i, ip := range b.addresses {
		out[i] = ip.PublicIp
	}
	return out.ToStringArrayOutput()
}
