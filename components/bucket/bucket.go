// Package bucket provides a private S3 bucket.
package bucket

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:bucket:Bucket"

// Args configures a bucket. The zero value is a private, encrypted, versioned
// bucket that keeps old versions for 90 days.
type Args struct {
	// NoncurrentDays is how long overwritten and deleted objects can be
	// recovered, 1 to 3650 days. Default 90.
	NoncurrentDays int
	// ExpireDays deletes current objects of that age, 1 to 3650 days. Default 0:
	// never.
	ExpireDays int
	// AbortUploadDays is after how many days an unfinished upload in parts is
	// thrown away, 1 to 365 days. Default 7.
	AbortUploadDays int
	// KMSKeyARN encrypts with this key. Default: S3's own key, which is free.
	KMSKeyARN pulumi.StringInput
	// DeleteObjects lets the bucket be deleted while there are objects in it.
	DeleteObjects bool
	// OwnPolicy leaves the bucket's policy, of which it has one, to the caller,
	// who adds to TLSOnly. Default: nobody is allowed more than the account's
	// own policies allow.
	OwnPolicy bool
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Bucket is a private S3 bucket: public access is blocked, plain HTTP is
// refused, objects are encrypted, versioned, and owned by the account of the
// bucket. It costs nothing by itself; storage and requests do.
type Bucket struct {
	pulumi.ResourceState

	// Name is the bucket's name, unique in the world.
	Name pulumi.StringOutput `pulumi:"name"`
	// ARN is the bucket's ARN; objects are below ARN + "/".
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Domain is where S3 answers for the bucket in its region.
	Domain pulumi.StringOutput `pulumi:"domain"`
}

// New creates a bucket. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Bucket, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Bucket{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	bucket, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(args.DeleteObjects),
		Tags:         tags.Named(name, args.Tags),
	}, child)
	if err != nil {
		return nil, err
	}
	c := &configurer{ctx: ctx, name: name, args: args, bucket: bucket, child: child}
	for _, step := range []func() error{
		c.ownership,
		c.encryption,
		c.versioning,
		c.lifecycle,
		c.publicAccess,
		c.policy,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	self.Name, self.ARN, self.Domain = bucket.Bucket, bucket.Arn, bucket.BucketRegionalDomainName
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"name": self.Name, "arn": self.ARN, "domain": self.Domain})
}

func (a Args) withDefaults() Args {
	if a.NoncurrentDays == 0 {
		a.NoncurrentDays = 90
	}
	if a.AbortUploadDays == 0 {
		a.AbortUploadDays = 7
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	check.Between(&p, "NoncurrentDays", a.NoncurrentDays, 1, 3650)
	check.Between(&p, "ExpireDays", a.ExpireDays, 0, 3650)
	check.Between(&p, "AbortUploadDays", a.AbortUploadDays, 1, 365)
	return p.Err("bucket", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"noncurrentDays":  pulumi.Int(a.NoncurrentDays),
		"expireDays":      pulumi.Int(a.ExpireDays),
		"abortUploadDays": pulumi.Int(a.AbortUploadDays),
		"deleteObjects":   pulumi.Bool(a.DeleteObjects),
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	if a.OwnPolicy {
		m["ownPolicy"] = pulumi.Bool(true)
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	return m
}
