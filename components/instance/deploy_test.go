package instance_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/instance"
	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := instance.New(ctx, "main", instance.Args{})
		return err
	})
	r.Settled()
	r.Golden()
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	reads := iampolicy.Document{{Effect: iampolicy.Allow, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::files/*"}}}
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		net, err := network.New(ctx, "net", network.Args{Zones: 1, NAT: network.NATNone})
		if err != nil {
			return err
		}
		_, err = instance.New(ctx, "main", instance.Args{
			Type: "t3.small", ImageID: "ami-0123456789abcdef0", SubnetID: net.PublicSubnetIDs.Index(pulumi.Int(0)), VPCID: net.VPCID,
			PublicIP: true, Ingress: []instance.Rule{{FromPort: 443, CIDR: "0.0.0.0/0"}}, VolumeGiB: 20,
			UserData: pulumi.String("#!/bin/sh\ntrue\n"), Policy: pulumi.String(reads.JSON()), Tags: map[string]string{"owner": "payments"},
		})
		return err
	})
	r.Settled()
	r.Golden()
}

// A public subnet may give every instance an address; the default VPC's do.
func TestOnlyTheDefaultVPCDecidesAboutPublicAddresses(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		net, err := network.New(ctx, "net", network.Args{Zones: 1, NAT: network.NATNone})
		if err != nil {
			return err
		}
		public, err := ec2.NewSubnet(ctx, "generous", &ec2.SubnetArgs{
			VpcId: net.VPCID, CidrBlock: pulumi.String("10.0.250.0/24"), MapPublicIpOnLaunch: pulumi.Bool(true),
		})
		if err != nil {
			return err
		}
		if _, err := instance.New(ctx, "placed", instance.Args{VPCID: net.VPCID, SubnetID: public.ID().ToStringOutput()}); err != nil {
			return err
		}
		_, err = instance.New(ctx, "anywhere", instance.Args{})
		return err
	})
	r.Settled()
	placed, anywhere := r.Get(instanceType+" placed"), r.Get(instanceType+" anywhere")
	if in, out := placed.Input("associatePublicIpAddress"), placed.Output("publicIp"); in != false || out != "" {
		t.Errorf("in a given subnet: associatePublicIpAddress %v, publicIp %q; want false and none", in, out)
	}
	if in, out := anywhere.Input("associatePublicIpAddress"), anywhere.Output("publicIp"); in != nil || out == "" {
		t.Errorf("in the default VPC: associatePublicIpAddress %v, publicIp %q; want nothing and what the subnet gives", in, out)
	}
}
