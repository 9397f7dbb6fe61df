package bucket_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/componentstest"
)

func TestBucketKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:bucket:Bucket",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return bucket.New(ctx, name, bucket.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return bucket.New(ctx, name, bucket.Args{Tags: map[string]string{"owner": "payments"}})
		},
	})
}

func record(t *testing.T, args bucket.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := bucket.New(ctx, "files", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAPrivateEncryptedVersionedBucket(t *testing.T) {
	t.Parallel()
	rec := record(t, bucket.Args{})
	tests := map[string]struct {
		typ, name string
		want      map[string]any
	}{
		"public access is blocked in all four ways": {
			"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "files-public-access",
			map[string]any{
				"bucket": "bucketv2-files", "blockPublicAcls": true, "blockPublicPolicy": true,
				"ignorePublicAcls": true, "restrictPublicBuckets": true,
			},
		},
		"objects are encrypted with S3's key": {
			"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "files-encryption",
			map[string]any{"bucket": "bucketv2-files", "rules": []any{map[string]any{
				"bucketKeyEnabled":                   false,
				"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "AES256"},
			}}},
		},
		"versions are kept": {
			"aws:s3/bucketVersioningV2:BucketVersioningV2", "files-versioning",
			map[string]any{"bucket": "bucketv2-files", "versioningConfiguration": map[string]any{"status": "Enabled"}},
		},
		"old versions and unfinished uploads go, current objects stay": {
			"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "files-lifecycle",
			map[string]any{"bucket": "bucketv2-files", "rules": []any{map[string]any{
				"id": "expire", "status": "Enabled", "filter": map[string]any{"prefix": ""},
				"noncurrentVersionExpiration":    map[string]any{"noncurrentDays": 90.0},
				"abortIncompleteMultipartUpload": map[string]any{"daysAfterInitiation": 7.0},
			}}},
		},
		"the account owns every object": {
			"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "files-ownership",
			map[string]any{"bucket": "bucketv2-files", "rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}},
		},
		"plain HTTP is refused": {
			"aws:s3/bucketPolicy:BucketPolicy", "files-policy",
			map[string]any{"bucket": "bucketv2-files", "policy": `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly",` +
				`"Effect":"Deny","Principal":{"AWS":["*"]},"Action":["s3:*"],"Resource":["arn:aws:bucketv2:::files",` +
				`"arn:aws:bucketv2:::files/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`},
		},
		"objects protect the bucket": {
			"aws:s3/bucketV2:BucketV2", "files",
			map[string]any{"forceDestroy": false, "tags": map[string]any{"Name": "files"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rec.Inputs(t, tt.typ, tt.name)); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOwnKeyEncryptsWithKMS(t *testing.T) {
	t.Parallel()
	rec := record(t, bucket.Args{KMSKeyARN: pulumi.String("arn:aws:kms:::key/1")})
	got := rec.Inputs(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "files-encryption")
	want := []any{map[string]any{
		"bucketKeyEnabled":                   true,
		"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:::key/1"},
	}}
	if diff := cmp.Diff(want, got["rules"]); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestExpireDaysDeletesCurrentObjects(t *testing.T) {
	t.Parallel()
	rec := record(t, bucket.Args{ExpireDays: 30})
	got := rec.Inputs(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "files-lifecycle")
	rule := got["rules"].([]any)[0].(map[string]any)
	if diff := cmp.Diff(map[string]any{"days": 30.0}, rule["expiration"]); diff != "" {
		t.Errorf("expiration (-want +got):\n%s", diff)
	}
}

func TestAnOwnPolicyIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	if rec := record(t, bucket.Args{OwnPolicy: true}); len(rec.Of("aws:s3/bucketPolicy:BucketPolicy")) != 0 {
		t.Error("the bucket writes the policy that the caller writes, too")
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := bucket.New(ctx, "files", bucket.Args{NoncurrentDays: -1, ExpireDays: 4000, AbortUploadDays: 999})
		return err
	})
	const want = "bucket \"files\": 3 problems:\n  NoncurrentDays: -1 is not between 1 and 3650\n" +
		"  ExpireDays: 4000 is not between 0 and 3650\n  AbortUploadDays: 999 is not between 1 and 365"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if len(rec.Resources) != 0 {
		t.Errorf("%d resources were registered", len(rec.Resources))
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		files, err := bucket.New(ctx, "files", bucket.Args{NoncurrentDays: 30})
		if err != nil {
			return err
		}
		ctx.Export("bucket", files.Name)
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
	// aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 files-lifecycle
	// aws:s3/bucketOwnershipControls:BucketOwnershipControls files-ownership
	// aws:s3/bucketPolicy:BucketPolicy files-policy
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock files-public-access
	// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 files-encryption
	// aws:s3/bucketV2:BucketV2 files
	// aws:s3/bucketVersioningV2:BucketVersioningV2 files-versioning
	// trunkline:bucket:Bucket files
}
