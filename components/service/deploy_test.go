package service_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/components/service"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

// deploy runs a service in a network of its own.
func deploy(t *testing.T, args service.Args) *estatetest.Result {
	t.Helper()
	return estatetest.Program(t, func(ctx *pulumi.Context) error {
		net, err := network.New(ctx, "net", network.Args{NAT: network.NATNone})
		if err != nil {
			return err
		}
		args.VPCID, args.SubnetIDs, args.LoadBalancerSubnetIDs = net.VPCID, net.PrivateSubnetIDs, net.PublicSubnetIDs
		shop, err := service.New(ctx, "shop", args)
		if err != nil {
			return err
		}
		ctx.Export("url", shop.URL)
		return nil
	})
}

func TestTheSmallestArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := deploy(t, smallest())
	r.Settled()
	r.Golden()
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := deploy(t, everything())
	r.Settled()
	r.Golden()
}
