package database_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/database"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestDatabasesDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		plain, err := database.New(ctx, "plain", database.Args{})
		if err != nil {
			return err
		}
		ctx.Export("plainEndpoint", plain.Endpoint)
		ctx.Export("plainSecret", plain.SecretARN)
		args, err := surroundings(ctx)
		if err != nil {
			return err
		}
		full, err := database.New(ctx, "full", args)
		if err != nil {
			return err
		}
		ctx.Export("fullEndpoint", full.Endpoint)
		ctx.Export("fullSecret", full.SecretARN)
		return nil
	})
	if strings.Contains(r.Tree(), "correct-horse") {
		t.Error("the password stands in what a reviewer reads")
	}
	r.Settled()
	r.Golden()
}

// surroundings makes what everything refers to.
func surroundings(ctx *pulumi.Context) (database.Args, error) {
	args := everything()
	network, err := ec2.NewVpc(ctx, "vpc", &ec2.VpcArgs{CidrBlock: pulumi.String("10.0.0.0/16")})
	if err != nil {
		return args, err
	}
	subnets := pulumi.StringArray{}
	for i, zone := range []string{"eu-west-1a", "eu-west-1b"} {
		subnet, err := ec2.NewSubnet(ctx, zone, &ec2.SubnetArgs{
			VpcId: network.ID(), CidrBlock: pulumi.Sprintf("10.0.%d.0/24", i), AvailabilityZone: pulumi.String(zone),
		})
		if err != nil {
			return args, err
		}
		subnets = append(subnets, subnet.ID())
	}
	app, err := securitygroup.New(ctx, "app", securitygroup.Args{VPCID: network.ID().ToStringOutput()})
	if err != nil {
		return args, err
	}
	key, err := kms.NewKey(ctx, "key", &kms.KeyArgs{})
	if err != nil {
		return args, err
	}
	args.VPCID, args.SubnetIDs, args.Clients = network.ID().ToStringOutput(), subnets, clients(app.ID().ToStringOutput())
	args.KMSKeyARN = key.Arn
	return args, nil
}
