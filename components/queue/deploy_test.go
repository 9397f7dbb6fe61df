package queue_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, queue.Args{})
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, queue.Args{
		FIFO: true, DeduplicateByContent: true, VisibilityTimeout: time.Minute, Retention: time.Hour, MaxReceives: 3, MaxAge: time.Minute,
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		KMSKeyID:     pulumi.String("alias/aws/sqs"), Tags: map[string]string{"owner": "payments"},
	})
}

func deploys(t *testing.T, args queue.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := queue.New(ctx, "main", args)
		return err
	})
	r.Settled()
	r.Golden()
}
