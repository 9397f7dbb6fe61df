package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/registry"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	repositoryType = "aws:ecr/repository:Repository"
	lifecycleType  = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	policyType     = "aws:ecr/repositoryPolicy:RepositoryPolicy"
)

func everything() registry.Args {
	return registry.Args{
		MutableTags: true, KeepImages: 5, UntaggedDays: 1, PullAccounts: []string{"111122223333", "444455556666"},
		KMSKeyARN: pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/k"), DeleteImages: true, Tags: map[string]string{"owner": "payments"},
	}
}

func TestRegistryKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:registry:Registry",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return registry.New(ctx, name, registry.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return registry.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args registry.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := registry.New(ctx, "app", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsKeepTagsWhereTheyAreAndScan(t *testing.T) {
	t.Parallel()
	rec := record(t, registry.Args{})
	want := map[string]any{
		"encryptionConfigurations": []any{map[string]any{"encryptionType": "AES256"}}, "forceDelete": false, "imageTagMutability": "IMMUTABLE",
		"imageScanningConfiguration": map[string]any{"scanOnPush": true}, "tags": map[string]any{"Name": "app"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, repositoryType, "app")); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
	rules := map[string]any{"repository": "app", "policy": `{"rules":[{"rulePriority":1,"description":"Images without a tag go after 14 days",` +
		`"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}},` +
		`{"rulePriority":2,"description":"The latest 100 images stay",` +
		`"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":100},"action":{"type":"expire"}}]}`}
	if diff := cmp.Diff(rules, rec.Inputs(t, lifecycleType, "app")); diff != "" {
		t.Errorf("lifecycle (-want +got):\n%s", diff)
	}
	if n := len(rec.Of(policyType)); n != 0 {
		t.Errorf("%d policies let others pull", n)
	}
}

func TestEveryOptionReachesTheRepository(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	want := map[string]any{
		"encryptionConfigurations": []any{map[string]any{"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:123456789012:key/k"}},
		"forceDelete":              true, "imageTagMutability": "MUTABLE",
		"imageScanningConfiguration": map[string]any{"scanOnPush": true}, "tags": map[string]any{"Name": "app", "owner": "payments"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, repositoryType, "app")); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
	pull := map[string]any{"repository": "app", "policy": `{"Version":"2012-10-17","Statement":[{"Sid":"Pull","Effect":"Allow",` +
		`"Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]},` +
		`"Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}`}
	if diff := cmp.Diff(pull, rec.Inputs(t, policyType, "app")); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := registry.New(ctx, "app", registry.Args{KeepImages: -1, UntaggedDays: 9999, PullAccounts: []string{"111122223333", "*"}})
		return err
	})
	const want = "registry \"app\": 3 problems:\n  KeepImages: -1 is not between 1 and 10000\n" +
		"  UntaggedDays: 9999 is not between 1 and 3650\n  PullAccounts[1]: \"*\" is not the twelve digits of an account"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if len(rec.Resources) != 0 {
		t.Errorf("%d resources were registered", len(rec.Resources))
	}
}

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, registry.Args{})
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, everything())
}

func deploys(t *testing.T, args registry.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		app, err := registry.New(ctx, "app", args)
		if err != nil {
			return err
		}
		ctx.Export("url", app.URL)
		return nil
	})
	r.Settled()
	if url := fmt.Sprint(r.Outputs()["url"]); !strings.HasPrefix(url, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app-") {
		t.Errorf("the URL is %s", url)
	}
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		app, err := registry.New(ctx, "app", registry.Args{PullAccounts: []string{"111122223333"}})
		if err != nil {
			return err
		}
		ctx.Export("images", app.URL)
		return nil
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:ecr/lifecyclePolicy:LifecyclePolicy app
	// aws:ecr/repository:Repository app
	// aws:ecr/repositoryPolicy:RepositoryPolicy app
	// trunkline:registry:Registry app
}
