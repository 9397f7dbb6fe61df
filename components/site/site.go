// Package site provides a static website: files in a private bucket, served by
// CloudFront.
package site

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudfront"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:site:Site"

// Site is a static website. Its files are in a private, encrypted, versioned
// bucket that only its CloudFront distribution can read; viewers reach them over
// HTTPS (at least TLS 1.2 with a certificate of one's own) and HTTP/2 or 3,
// compressed, with security headers. What is not there is answered with 403,
// unless SinglePage or ErrorPage says otherwise.
//
// It costs nothing by itself. CloudFront serves 1 TB and 10 million requests a
// month for free, and takes about 0.085 USD per GB after that; storage costs
// 0.023 USD per GB. Creating or changing a distribution takes a few minutes.
type Site struct {
	pulumi.ResourceState

	// URL is where the site is: the first alias, or CloudFront's own name.
	URL pulumi.StringOutput `pulumi:"url"`
	// Domain is CloudFront's own name of the distribution.
	Domain pulumi.StringOutput `pulumi:"domain"`
	// DistributionID is what an invalidation of the cache names.
	DistributionID pulumi.StringOutput `pulumi:"distributionId"`
	// DistributionARN names the distribution in policies.
	DistributionARN pulumi.StringOutput `pulumi:"distributionArn"`
	// BucketName is where the files go.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
}

// New creates a site. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Site, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Site{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.bucket,
		b.accessControl,
		b.headersPolicy,
		b.distribution,
		b.policy,
		b.records,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	self.Domain = b.served.DomainName
	self.URL = pulumi.Sprintf("https://%s", self.Domain)
	if len(args.Aliases) > 0 {
		self.URL = pulumi.String("https://" + args.Aliases[0]).ToStringOutput()
	}
	self.DistributionID, self.DistributionARN = b.served.ID().ToStringOutput(), b.served.Arn
	self.BucketName = b.files.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"url": self.URL, "domain": self.Domain, "bucketName": self.BucketName,
		"distributionId": self.DistributionID, "distributionArn": self.DistributionARN,
	})
}

// builder makes the parts of one site, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	files   *bucket.Bucket
	control *cloudfront.OriginAccessControl
	headers *cloudfront.ResponseHeadersPolicy
	served  *cloudfront.Distribution
}
