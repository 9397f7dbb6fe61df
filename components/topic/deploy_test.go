package topic_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/components/topic"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := topic.New(ctx, "news", topic.Args{})
		return err
	})
	r.Settled()
	r.Golden()
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		work, err := queue.New(ctx, "work", queue.Args{})
		if err != nil {
			return err
		}
		args := everything()
		args.KMSKeyID = nil
		args.Subscriptions[0].QueueARN, args.Subscriptions[0].QueueURL = work.ARN, work.URL
		args.Subscriptions = append(args.Subscriptions[:1], args.Subscriptions[2:]...) // the function is another component's
		_, err = topic.New(ctx, "news", args)
		return err
	})
	r.Settled()
	r.Golden()
}
