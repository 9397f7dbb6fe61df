package function_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestTheSmallestArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := function.New(ctx, "mailer", smallest())
		return err
	})
	r.Settled()
	r.Golden()
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		net, err := network.New(ctx, "net", network.Args{NAT: network.NATNone})
		if err != nil {
			return err
		}
		work, err := queue.New(ctx, "work", queue.Args{VisibilityTimeout: 6 * time.Minute})
		if err != nil {
			return err
		}
		args := everything()
		args.VPCID, args.SubnetIDs, args.Queues[0].ARN = net.VPCID, net.PrivateSubnetIDs, work.ARN
		_, err = function.New(ctx, "mailer", args)
		return err
	})
	r.Settled()
	r.Golden()
}
