package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, network.Args{})
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, network.Args{
		CIDR: "10.7.0.0/20", Zones: 3, ZoneNames: []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}, NAT: network.NATPerZone,
		FlowLogDays: 30, Tags: map[string]string{"owner": "payments"},
	})
}

func deploys(t *testing.T, args network.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "main", args)
		return err
	})
	r.Settled()
	r.Golden()
}
