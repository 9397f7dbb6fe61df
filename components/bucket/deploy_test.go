package bucket_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, bucket.Args{})
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, bucket.Args{
		NoncurrentDays: 30, ExpireDays: 365, AbortUploadDays: 1, KMSKeyARN: pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/k"),
		DeleteObjects: true, Tags: map[string]string{"owner": "payments"},
	})
}

func deploys(t *testing.T, args bucket.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := bucket.New(ctx, "main", args)
		return err
	})
	r.Settled()
	r.Golden()
}
