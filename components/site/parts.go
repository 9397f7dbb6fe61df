package site

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudfront"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
)

const (
	// cachingOptimized is AWS's own cache policy for files: a day unless the file
	// says otherwise, by path alone, compressed and not.
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	// files is the distribution's name for the bucket.
	files = "files"
)

func (b *builder) bucket() (err error) {
	b.files, err = bucket.New(b.ctx, b.name, bucket.Args{
		NoncurrentDays: b.args.NoncurrentDays,
		DeleteObjects:  b.args.DeleteFiles,
		OwnPolicy:      true,
		Tags:           b.args.Tags,
	}, b.child)
	return err
}

// accessControl makes the distribution sign what it asks of the bucket.
func (b *builder) accessControl() (err error) {
	b.control, err = cloudfront.NewOriginAccessControl(b.ctx, b.name, &cloudfront.OriginAccessControlArgs{
		Description:                   pulumi.String("The files of the site " + b.name),
		OriginAccessControlOriginType: pulumi.String("s3"),
		SigningBehavior:               pulumi.String("always"),
		SigningProtocol:               pulumi.String("sigv4"),
	}, b.child)
	return err
}

// headersPolicy adds to every answer what makes browsers careful.
func (b *builder) headersPolicy() (err error) {
	override := pulumi.Bool(true)
	b.headers, err = cloudfront.NewResponseHeadersPolicy(b.ctx, b.name, &cloudfront.ResponseHeadersPolicyArgs{
		Comment: pulumi.String("Security headers of the site " + b.name),
		SecurityHeadersConfig: cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs{
			ContentSecurityPolicy: cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs{
				ContentSecurityPolicy: pulumi.String(b.args.ContentSecurityPolicy), Override: override,
			},
			ContentTypeOptions: cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs{Override: override},
			ReferrerPolicy: cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs{
				ReferrerPolicy: pulumi.String("strict-origin-when-cross-origin"), Override: override,
			},
			StrictTransportSecurity: cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs{
				AccessControlMaxAgeSec: pulumi.Int(b.args.HSTS / time.Second),
				IncludeSubdomains:      pulumi.Bool(b.args.HSTSSubdomains),
				Override:               override,
			},
		},
	}, b.child)
	return err
}

func (b *builder) distribution() (err error) {
	reads := pulumi.ToStringArray([]string{"GET", "HEAD"})
	args := &cloudfront.DistributionArgs{
		Comment: pulumi.String(b.name),
		Enabled: pulumi.Bool(true),
		Origins: cloudfront.DistributionOriginArray{cloudfront.DistributionOriginArgs{
			OriginId: pulumi.String(files), DomainName: b.files.Domain, OriginAccessControlId: b.control.ID(),
		}},
		DefaultRootObject: pulumi.String(b.args.RootObject),
		DefaultCacheBehavior: cloudfront.DistributionDefaultCacheBehaviorArgs{
			TargetOriginId:          pulumi.String(files),
			ViewerProtocolPolicy:    pulumi.String("redirect-to-https"),
			AllowedMethods:          reads,
			CachedMethods:           reads,
			Compress:                pulumi.Bool(true),
			CachePolicyId:           pulumi.String(cachingOptimized),
			ResponseHeadersPolicyId: b.headers.ID(),
		},
		CustomErrorResponses: b.args.errorResponses(),
		HttpVersion:          pulumi.String("http2and3"),
		IsIpv6Enabled:        pulumi.Bool(true),
		PriceClass:           pulumi.String(b.args.PriceClass),
		Restrictions: cloudfront.DistributionRestrictionsArgs{
			GeoRestriction: cloudfront.DistributionRestrictionsGeoRestrictionArgs{RestrictionType: pulumi.String("none")},
		},
		ViewerCertificate: b.certificate(),
		Tags:              tags.Named(b.name, b.args.Tags),
	}
	if len(b.args.Aliases) > 0 {
		args.Aliases = pulumi.ToStringArray(b.args.Aliases)
	}
	if b.args.LogBucket != nil {
		args.LoggingConfig = cloudfront.DistributionLoggingConfigArgs{Bucket: b.args.LogBucket, Prefix: pulumi.String(b.name + "/")}
	}
	b.served, err = cloudfront.NewDistribution(b.ctx, b.name, args, b.child)
	return err
}

// certificate looks at the region as soon as it is known: a certificate that is
// made in the same run has no ARN before.
func (b *builder) certificate() cloudfront.DistributionViewerCertificateArgs {
	if b.args.CertificateARN == nil {
		return cloudfront.DistributionViewerCertificateArgs{CloudfrontDefaultCertificate: pulumi.Bool(true)}
	}
	fitting := b.args.CertificateARN.ToStringOutput().ApplyT(func(arn string) (*string, error) {
		if err := certificateFits(arn); err != nil {
			return nil, fmt.Errorf("site %q: CertificateARN: %w", b.name, err)
		}
		return &arn, nil
	})
	return cloudfront.DistributionViewerCertificateArgs{
		AcmCertificateArn:      fitting.(pulumi.StringPtrOutput),
		MinimumProtocolVersion: pulumi.String("TLSv1.2_2021"),
		SslSupportMethod:       pulumi.String("sni-only"),
	}
}

// errorResponses says what viewers see of a file that is not there. S3 answers
// 403 to who may not list the bucket.
func (a Args) errorResponses() cloudfront.DistributionCustomErrorResponseArray {
	page, status := a.ErrorPage, 404
	if a.SinglePage {
		page, status = "/"+a.RootObject, 200
	}
	if page == "" {
		return nil
	}
	var out cloudfront.DistributionCustomErrorResponseArray
	for _, code := range []int{403, 404} {
		out = append(out, cloudfront.DistributionCustomErrorResponseArgs{
			ErrorCode: pulumi.Int(code), ResponseCode: pulumi.Int(status), ResponsePagePath: pulumi.String(page),
			ErrorCachingMinTtl: pulumi.Int(60),
		})
	}
	return out
}

// policy lets this distribution read the files, and nobody over plain HTTP.
func (b *builder) policy() error {
	_, err := s3.NewBucketPolicy(b.ctx, b.name+"-policy", &s3.BucketPolicyArgs{
		Bucket: b.files.Name,
		Policy: pulumi.All(b.files.ARN, b.served.Arn).ApplyT(func(arns []any) string {
			return readBy(arns[0].(string), arns[1].(string)).JSON()
		}).(pulumi.StringOutput),
	}, b.child, pulumi.DependsOn([]pulumi.Resource{b.files}))
	return err
}

func readBy(bucketARN, distributionARN string) iampolicy.Document {
	return append(bucket.TLSOnly(bucketARN), iampolicy.Statement{
		Sid:       "Distribution",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"Service": {"cloudfront.amazonaws.com"}},
		Actions:   []string{"s3:GetObject"},
		Resources: []string{bucketARN + "/*"},
		Condition: iampolicy.Conditions{"StringEquals": {"aws:SourceArn": distributionARN}},
	})
}

// records point the aliases to the distribution.
func (b *builder) records() error {
	if b.args.ZoneID == nil {
		return nil
	}
	for _, alias := range b.args.Aliases {
		for suffix, kind := range map[string]string{"-a": "A", "-aaaa": "AAAA"} {
			_, err := route53.NewRecord(b.ctx, b.name+"-"+alias+suffix, &route53.RecordArgs{
				ZoneId: b.args.ZoneID,
				Name:   pulumi.String(alias),
				Type:   pulumi.String(kind),
				Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
					Name: b.served.DomainName, ZoneId: b.served.HostedZoneId, EvaluateTargetHealth: pulumi.Bool(false),
				}},
			}, b.child)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
