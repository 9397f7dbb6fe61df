package bucket

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// configurer adds the settings that AWS keeps apart from the bucket itself.
type configurer struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	bucket *s3.BucketV2
	child  pulumi.ResourceOption

	versions *s3.BucketVersioningV2
	block    *s3.BucketPublicAccessBlock
}

// ownership makes the bucket's account own every object and switches access
// lists off.
func (c *configurer) ownership() error {
	_, err := s3.NewBucketOwnershipControls(c.ctx, c.name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: c.bucket.ID(),
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, c.child)
	return err
}

// encryption encrypts new objects. A bucket key makes KMS cheap.
func (c *configurer) encryption() error {
	by := s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
		SseAlgorithm: pulumi.String("AES256"),
	}
	if c.args.KMSKeyARN != nil {
		by.SseAlgorithm = pulumi.String("aws:kms")
		by.KmsMasterKeyId = c.args.KMSKeyARN.ToStringOutput().ToStringPtrOutput()
	}
	_, err := s3.NewBucketServerSideEncryptionConfigurationV2(c.ctx, c.name+"-encryption",
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: c.bucket.ID(),
			Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
				s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
					ApplyServerSideEncryptionByDefault: by,
					BucketKeyEnabled:                   pulumi.Bool(c.args.KMSKeyARN != nil),
				},
			},
		}, c.child)
	return err
}

// versioning keeps what is overwritten or deleted.
func (c *configurer) versioning() (err error) {
	c.versions, err = s3.NewBucketVersioningV2(c.ctx, c.name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket: c.bucket.ID(),
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{
			Status: pulumi.String("Enabled"),
		},
	}, c.child)
	return err
}

// lifecycle lets old versions and unfinished uploads, which nobody sees but
// everybody pays for, go. S3 refuses it before versioning is on.
func (c *configurer) lifecycle() error {
	rule := s3.BucketLifecycleConfigurationV2RuleArgs{
		Id:     pulumi.String("expire"),
		Status: pulumi.String("Enabled"),
		Filter: s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
		NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
			NoncurrentDays: pulumi.Int(c.args.NoncurrentDays),
		},
		AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
			DaysAfterInitiation: pulumi.Int(c.args.AbortUploadDays),
		},
	}
	if c.args.ExpireDays > 0 {
		rule.Expiration = s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(c.args.ExpireDays)}
	}
	_, err := s3.NewBucketLifecycleConfigurationV2(c.ctx, c.name+"-lifecycle",
		&s3.BucketLifecycleConfigurationV2Args{
			Bucket: c.bucket.ID(),
			Rules:  s3.BucketLifecycleConfigurationV2RuleArray{rule},
		}, c.child, pulumi.DependsOn([]pulumi.Resource{c.versions}))
	return err
}

// publicAccess closes the bucket whatever policies or access lists say.
func (c *configurer) publicAccess() (err error) {
	c.block, err = s3.NewBucketPublicAccessBlock(c.ctx, c.name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                c.bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, c.child)
	return err
}

// policy refuses plain HTTP. S3 refuses to change policy and access block at
// the same time, so it waits for the block.
func (c *configurer) policy() error {
	if c.args.OwnPolicy {
		return nil
	}
	_, err := s3.NewBucketPolicy(c.ctx, c.name+"-policy", &s3.BucketPolicyArgs{
		Bucket: c.bucket.ID(),
		Policy: c.bucket.Arn.ApplyT(func(arn string) string { return TLSOnly(arn).JSON() }).(pulumi.StringOutput),
	}, c.child, pulumi.DependsOn([]pulumi.Resource{c.block}))
	return err
}

// TLSOnly is the policy of the bucket with the ARN that answers no request over
// plain HTTP.
func TLSOnly(arn string) iampolicy.Document {
	return iampolicy.Document{{
		Sid:       "TLSOnly",
		Effect:    iampolicy.Deny,
		Principal: iampolicy.Everyone(),
		Actions:   []string{"s3:*"},
		Resources: []string{arn, arn + "/*"},
		Condition: iampolicy.Conditions{"Bool": {"aws:SecureTransport": "false"}},
	}}
}
