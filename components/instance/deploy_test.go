package instance_test

import (
	"testing"

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
