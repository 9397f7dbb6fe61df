package estate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// registered keeps the inputs of the one resource that is registered.
type registered struct {
	upstream
	inputs resource.PropertyMap
}

func (r *registered) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken == "pulumi:providers:aws" {
		r.inputs = args.Inputs
	}
	return args.Name, args.Inputs, nil
}

func TestAProviderForAnotherRegionHasTheRestOfTheEnvironment(t *testing.T) {
	t.Parallel()
	seen := &registered{}
	ctx, err := pulumi.NewContext(t.Context(), pulumi.RunInfo{
		Project: "shop", Stack: "edge.dev", Mocks: seen,
		Config: map[string]string{
			"aws:region": "eu-west-1", "aws:defaultTags": `{"tags":{"Stack":"edge"}}`, "aws:allowedAccountIds": `["123456789012"]`,
			"aws:endpoints": `[{"s3":"http://localhost:4566"}]`, "aws:s3UsePathStyle": "true", "aws:token": "hunter2", "shop:profile": "x",
		},
		ConfigSecretKeys: []string{"aws:token"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := pulumi.RunWithContext(ctx, func(ctx *pulumi.Context) error {
		_, err := Provider(ctx, "virginia", "us-east-1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := resource.PropertyMap{
		"region":            resource.NewProperty("us-east-1"),
		"defaultTags":       resource.NewProperty(`{"tags":{"Stack":"edge"}}`),
		"endpoints":         resource.NewProperty(`[{"s3":"http://localhost:4566"}]`),
		"s3UsePathStyle":    resource.NewProperty("true"),
		"token":             resource.MakeSecret(resource.NewProperty("hunter2")),
		"allowedAccountIds": resource.NewProperty(`["123456789012"]`),
	}
	if diff := cmp.Diff(want, seen.inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}
