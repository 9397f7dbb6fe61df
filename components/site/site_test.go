package site_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/certificate"
	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/site"
	"github.com/trunkline-dev/trunkline/components/zone"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	distributionType = "aws:cloudfront/distribution:Distribution"
	headersType      = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
	recordType       = "aws:route53/record:Record"
	certificateARN   = "arn:aws:acm:us-east-1:123456789012:certificate/c"
)

func everything() site.Args {
	return site.Args{
		RootObject: "app.html", SinglePage: true, ContentSecurityPolicy: "default-src 'self' https://cdn.example.com",
		HSTS: 24 * time.Hour, HSTSSubdomains: true, PriceClass: site.PriceClassAll,
		CertificateARN: pulumi.String(certificateARN), Aliases: []string{"www.example.com", "example.com"},
		ZoneID: pulumi.String("Z1"), LogBucket: pulumi.String("logs.s3.amazonaws.com"),
		NoncurrentDays: 30, DeleteFiles: true, Tags: map[string]string{"owner": "payments"},
	}
}

func TestSiteKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:site:Site",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return site.New(ctx, name, site.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return site.New(ctx, name, site.Args{Tags: map[string]string{"owner": "payments"}})
		},
	})
}

func record(t *testing.T, args site.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := site.New(ctx, "docs", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsServeAPrivateBucketWithCare(t *testing.T) {
	t.Parallel()
	rec := record(t, site.Args{})
	for _, tt := range []struct {
		typ, name string
		want      map[string]any
	}{
		{distributionType, "docs", map[string]any{
			"comment": "docs", "enabled": true, "httpVersion": "http2and3", "isIpv6Enabled": true, "priceClass": "PriceClass_100",
			"defaultRootObject": "index.html", "tags": map[string]any{"Name": "docs"},
			"origins": []any{map[string]any{"originId": "files", "domainName": "docs.s3.eu-west-1.amazonaws.com",
				"originAccessControlId": "originaccesscontrol-docs"}},
			"defaultCacheBehavior": map[string]any{
				"targetOriginId": "files", "viewerProtocolPolicy": "redirect-to-https", "compress": true,
				"allowedMethods": []any{"GET", "HEAD"}, "cachedMethods": []any{"GET", "HEAD"},
				"cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6", "responseHeadersPolicyId": "responseheaderspolicy-docs",
			},
			"restrictions":      map[string]any{"geoRestriction": map[string]any{"restrictionType": "none"}},
			"viewerCertificate": map[string]any{"cloudfrontDefaultCertificate": true},
		}},
		{headersType, "docs", map[string]any{
			"comment": "Security headers of the site docs",
			"securityHeadersConfig": map[string]any{
				"contentSecurityPolicy": map[string]any{"override": true, "contentSecurityPolicy": "default-src 'self'; base-uri 'self'; " +
					"form-action 'self'; frame-ancestors 'none'; object-src 'none'"},
				"contentTypeOptions":      map[string]any{"override": true},
				"referrerPolicy":          map[string]any{"override": true, "referrerPolicy": "strict-origin-when-cross-origin"},
				"strictTransportSecurity": map[string]any{"override": true, "accessControlMaxAgeSec": 31536000.0, "includeSubdomains": false},
			},
		}},
		{"aws:cloudfront/originAccessControl:OriginAccessControl", "docs", map[string]any{
			"description": "The files of the site docs", "originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4",
		}},
		{"aws:s3/bucketPolicy:BucketPolicy", "docs-policy", map[string]any{
			"bucket": "docs", "policy": `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":{"AWS":["*"]},` +
				`"Action":["s3:*"],"Resource":["arn:aws:bucketv2:::docs","arn:aws:bucketv2:::docs/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},` +
				`{"Sid":"Distribution","Effect":"Allow","Principal":{"Service":["cloudfront.amazonaws.com"]},"Action":["s3:GetObject"],` +
				`"Resource":["arn:aws:bucketv2:::docs/*"],"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:distribution:::docs"}}}]}`,
		}},
	} {
		if diff := cmp.Diff(tt.want, rec.Inputs(t, tt.typ, tt.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.typ, diff)
		}
	}
	if n := len(rec.Of("aws:s3/bucketPolicy:BucketPolicy")); n != 1 {
		t.Errorf("the bucket has %d policies", n)
	}
	if n := len(rec.Of(recordType)); n != 0 {
		t.Errorf("%d records for no alias", n)
	}
}

func TestEveryOptionReachesTheDistribution(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	in := rec.Inputs(t, distributionType, "docs")
	app := map[string]any{"responseCode": 200.0, "responsePagePath": "/app.html", "errorCachingMinTtl": 60.0}
	forbidden, missing := map[string]any{"errorCode": 403.0}, map[string]any{"errorCode": 404.0}
	for k, v := range app {
		forbidden[k], missing[k] = v, v
	}
	for key, want := range map[string]any{
		"defaultRootObject": "app.html", "priceClass": "PriceClass_All", "aliases": []any{"www.example.com", "example.com"},
		"customErrorResponses": []any{forbidden, missing},
		"viewerCertificate":    map[string]any{"acmCertificateArn": certificateARN, "minimumProtocolVersion": "TLSv1.2_2021", "sslSupportMethod": "sni-only"},
		"loggingConfig":        map[string]any{"bucket": "logs.s3.amazonaws.com", "prefix": "docs/"},
	} {
		if diff := cmp.Diff(want, in[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	headers := rec.Inputs(t, headersType, "docs")["securityHeadersConfig"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"override": true, "accessControlMaxAgeSec": 86400.0, "includeSubdomains": true}, headers["strictTransportSecurity"]); diff != "" {
		t.Errorf("HSTS (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"override": true, "contentSecurityPolicy": "default-src 'self' https://cdn.example.com"}, headers["contentSecurityPolicy"]); diff != "" {
		t.Errorf("CSP (-want +got):\n%s", diff)
	}
	if got := rec.Inputs(t, "aws:s3/bucketV2:BucketV2", "docs")["forceDestroy"]; got != true {
		t.Errorf("forceDestroy is %v", got)
	}
}

func TestEveryAliasHasARecordForEachKindOfAddress(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, want := range map[string][2]string{
		"docs-www.example.com-a": {"www.example.com", "A"}, "docs-www.example.com-aaaa": {"www.example.com", "AAAA"},
		"docs-example.com-a": {"example.com", "A"}, "docs-example.com-aaaa": {"example.com", "AAAA"},
	} {
		alias := map[string]any{"name": "docs.example.com", "zoneId": "Z2FDTNDATAQYW2", "evaluateTargetHealth": false}
		if diff := cmp.Diff(map[string]any{"zoneId": "Z1", "name": want[0], "type": want[1], "aliases": []any{alias}}, rec.Inputs(t, recordType, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(rec.Of(recordType)); n != 4 {
		t.Errorf("%d records", n)
	}
}

func TestAnErrorPageIsShownForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	in := record(t, site.Args{ErrorPage: "/404.html"}).Inputs(t, distributionType, "docs")
	for i, r := range in["customErrorResponses"].([]any) {
		want := map[string]any{"errorCode": []any{403.0, 404.0}[i], "responseCode": 404.0, "responsePagePath": "/404.html", "errorCachingMinTtl": 60.0}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestACertificateOfAnotherRegionIsRefusedOnceItIsKnown(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		args := site.Args{Aliases: []string{"www.example.com"}}
		args.CertificateARN = pulumi.String("arn:aws:acm:eu-west-1:123456789012:certificate/c").ToStringOutput()
		_, err := site.New(ctx, "docs", args)
		return err
	})
	const want = `site "docs": CertificateARN: the certificate is in eu-west-1, and CloudFront takes only those in us-east-1: make it with a provider for that region`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if _, made := rec.Get(distributionType, "docs"); made {
		t.Error("the distribution reaches AWS")
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args site.Args
		want string
	}{
		"everything": {
			site.Args{
				RootObject: "/index.html", ErrorPage: "404.html", SinglePage: true, ContentSecurityPolicy: "a\nb", HSTS: time.Second,
				PriceClass: "cheap", CertificateARN: pulumi.String("arn:aws:acm:eu-west-1:123456789012:certificate/c"),
				Aliases: []string{"*.example.com", "WWW.example.com", "*.example.com"}, NoncurrentDays: -1,
			},
			"site \"docs\": 11 problems:\n  RootObject: \"/index.html\" is not the name of a file such as index.html\n" +
				"  ErrorPage: \"404.html\" is not a path such as /404.html\n  ErrorPage: is never shown with SinglePage: give one of them\n" +
				"  ContentSecurityPolicy: is more than one line\n  HSTS: 1s is not between 1m0s and 17520h0m0s\n" +
				"  PriceClass: \"cheap\" is not one of PriceClass_100, PriceClass_200, PriceClass_All\n" +
				"  CertificateARN: the certificate is in eu-west-1, and CloudFront takes only those in us-east-1: make it with a provider for that region\n" +
				"  Aliases[1]: \"WWW.example.com\" is not a domain such as www.example.com\n  Aliases[2]: \"*.example.com\" is Aliases[0], too\n" +
				"  Aliases[0]: \"*.example.com\" is a pattern: the first one is in the site's URL\n  NoncurrentDays: -1 is not between 1 and 3650",
		},
		"aliases without a certificate": {site.Args{Aliases: []string{"www.example.com"}},
			`site "docs": Aliases: need CertificateARN: a certificate for them in us-east-1`},
		"a zone without aliases": {site.Args{ZoneID: pulumi.String("Z1")},
			`site "docs": ZoneID: needs Aliases: there are no records without them`},
		"no certificate": {site.Args{CertificateARN: pulumi.String("arn:aws:iam::123456789012:server-certificate/c")},
			`site "docs": CertificateARN: "arn:aws:iam::123456789012:server-certificate/c" is not the ARN of an ACM certificate`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := site.New(ctx, "docs", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func TestZeroArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		docs, err := site.New(ctx, "docs", site.Args{})
		if err != nil {
			return err
		}
		ctx.Export("url", docs.URL)
		return nil
	})
	r.Settled()
	r.Golden()
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		dns, err := zone.New(ctx, "dns", zone.Args{Domain: "example.com"})
		if err != nil {
			return err
		}
		virginia, err := aws.NewProvider(ctx, "virginia", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		if err != nil {
			return err
		}
		proven, err := certificate.New(ctx, "shop", certificate.Args{
			Domain: "example.com", AlternativeNames: []string{"*.example.com"}, ZoneID: dns.ZoneID, Provider: virginia,
		})
		if err != nil {
			return err
		}
		args := everything()
		args.CertificateARN, args.ZoneID = proven.ARN, dns.ZoneID
		docs, err := site.New(ctx, "docs", args)
		if err != nil {
			return err
		}
		ctx.Export("url", docs.URL)
		return nil
	})
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		docs, err := site.New(ctx, "docs", site.Args{ErrorPage: "/404.html"})
		if err != nil {
			return err
		}
		ctx.Export("url", docs.URL)
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
	// aws:cloudfront/distribution:Distribution docs
	// aws:cloudfront/originAccessControl:OriginAccessControl docs
	// aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy docs
	// aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 docs-lifecycle
	// aws:s3/bucketOwnershipControls:BucketOwnershipControls docs-ownership
	// aws:s3/bucketPolicy:BucketPolicy docs-policy
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock docs-public-access
	// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 docs-encryption
	// aws:s3/bucketV2:BucketV2 docs
	// aws:s3/bucketVersioningV2:BucketVersioningV2 docs-versioning
	// trunkline:bucket:Bucket docs
	// trunkline:site:Site docs
}
