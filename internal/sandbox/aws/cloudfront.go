package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	distributionToken  = "aws:cloudfront/distribution:Distribution"
	accessControlToken = "aws:cloudfront/originAccessControl:OriginAccessControl"
	headersPolicyToken = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
	cachePolicyToken   = "aws:cloudfront/cachePolicy:CachePolicy"
)

// The policies that AWS itself keeps, from "Use managed cache policies" and "Use
// managed response headers policies" in the CloudFront developer guide.
var (
	managedCachePolicies = []string{
		"658327ea-f89d-4fab-a63d-7e88639e58f6", // CachingOptimized
		"b2884449-e4de-46a7-ac36-70bc7f1ddd6d", // CachingOptimizedForUncompressedObjects
		"4135ea2d-6df8-44a3-9df3-4b5a84be39ad", // CachingDisabled
		"83da9c7e-98b4-4e11-a168-04f0df8e2c65", // UseOriginCacheControlHeaders
		"4cc15a8a-d715-48a4-82b8-cc0b614638fe", // UseOriginCacheControlHeaders-QueryStrings
		"2e54312d-136d-493c-8eb9-b001f22f67d2", // Amplify
		"08627262-05a9-4f76-9ded-b50ca2e3a84f", // Elemental-MediaPackage
	}
	managedHeadersPolicies = []string{
		"67f7725c-6f97-4210-82d7-5512b31e9d03", // SecurityHeadersPolicy
		"60669652-455b-4ae9-85a4-c4c02393f86c", // SimpleCORS
		"5cc3b908-e619-4b99-88e5-2cf7f45965bd", // CORS-With-Preflight
		"e61eb60c-9c35-4d20-a928-2b84e02af89c", // CORS-and-SecurityHeadersPolicy
		"eaab4381-ed33-4a86-88ca-d9558dc6cd63", // CORS-with-preflight-and-SecurityHeadersPolicy
	}
)

var cloudfront = map[string]Behaviour{
	distributionToken: {
		Global: true,
		Check: all(oneOf("priceClass", "PriceClass_All", "PriceClass_200", "PriceClass_100"),
			oneOf("httpVersion", "http1.1", "http2", "http2and3", "http3"), checkCacheBehaviors),
		Links: slices.Concat(
			inBehaviors("cachePolicyId", cachePolicyToken, managedCachePolicies,
				Error{"NoSuchCachePolicy", "The specified cache policy does not exist: %s"},
				Error{"CachePolicyInUse", "The specified cache policy is currently associated with a distribution."}),
			inBehaviors("responseHeadersPolicyId", headersPolicyToken, managedHeadersPolicies,
				Error{"NoSuchResponseHeadersPolicy", "The specified response headers policy does not exist: %s"},
				Error{"ResponseHeadersPolicyInUse", "The specified response headers policy is currently associated with a distribution."}),
			[]Link{{
				Path: "origins[].originAccessControlId", To: []Target{{accessControlToken, "id"}},
				Missing: Error{"InvalidOriginAccessControl", "The origin access control %s does not exist."},
				Holds:   Error{"OriginAccessControlInUse", "The specified origin access control is currently associated with a distribution."},
			}}),
		Refuse:  refuseDistribution,
		ID:      func(c *Call) string { return cloudfrontID(c, "distribution") },
		Outputs: distributionOutputs,
	},
	accessControlToken: {
		Global: true,
		Check: all(oneOf("originAccessControlOriginType", "s3", "mediastore", "mediapackagev2", "lambda"),
			oneOf("signingBehavior", "always", "never", "no-override"), oneOf("signingProtocol", "sigv4"), shorter("name", 64)),
		Unique: &Unique{[]string{"name"}, Error{"OriginAccessControlAlreadyExists", "An origin access control with the name %s already exists."}},
		ID:     func(c *Call) string { return cloudfrontID(c, "control") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.GlobalARN("cloudfront", "origin-access-control/"+c.ID)
			out["etag"] = cloudfrontID(c, "etag")
		},
	},
	headersPolicyToken: {
		Global:  true,
		Unique:  &Unique{[]string{"name"}, Error{"ResponseHeadersPolicyAlreadyExists", "A response headers policy with the name %s already exists."}},
		ID:      func(c *Call) string { return c.uuid("policy") },
		Outputs: policyOutputs("response-headers-policy/"),
	},
	cachePolicyToken: {
		Global:  true,
		Unique:  &Unique{[]string{"name"}, Error{"CachePolicyAlreadyExists", "A cache policy with the name %s already exists."}},
		ID:      func(c *Call) string { return c.uuid("policy") },
		Outputs: policyOutputs("cache-policy/"),
	},
}

func policyOutputs(kind string) func(*Call, Object) {
	return func(c *Call, out Object) {
		out["arn"] = c.GlobalARN("cloudfront", kind+c.ID)
		out["etag"] = cloudfrontID(c, "etag")
	}
}

// cloudfrontID returns an identifier in CloudFront's form, such as E1A2B3C4D5E6F7.
func cloudfrontID(c *Call, label string) string {
	return "E" + strings.ToUpper(c.hex("cloudfront "+label, 13))
}

// inBehaviors is the link of all cache behaviors to a policy.
func inBehaviors(property, token string, managed []string, missing, holds Error) []Link {
	var out []Link
	for _, of := range []string{"defaultCacheBehavior.", "orderedCacheBehaviors[]."} {
		out = append(out, Link{Path: of + property, To: []Target{{token, "id"}}, Missing: missing, Holds: holds, Free: managed})
	}
	return out
}

func checkCacheBehaviors(in Object) []Failure {
	var out []Failure
	for _, path := range []string{"defaultCacheBehavior.viewerProtocolPolicy", "orderedCacheBehaviors[].viewerProtocolPolicy"} {
		for _, v := range in.text(path) {
			if !contains([]string{"allow-all", "https-only", "redirect-to-https"}, v) {
				out = append(out, Failure{path, fmt.Sprintf("expected viewerProtocolPolicy to be one of [allow-all, https-only, redirect-to-https], got %s", v)})
			}
		}
	}
	return out
}

func refuseDistribution(c *Call) error {
	origins := append(c.In.text("origins[].originId"), c.In.text("originGroups[].originId")...)
	for _, path := range []string{"defaultCacheBehavior.targetOriginId", "orderedCacheBehaviors[].targetOriginId"} {
		for _, target := range c.In.text(path) {
			if !contains(origins, target) {
				return refuse("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
			}
		}
	}
	certificate := c.In.text("viewerCertificate.acmCertificateArn")
	aliases := c.In.text("aliases[]")
	if len(aliases) > 0 && len(certificate) == 0 && len(c.In.text("viewerCertificate.iamCertificateId")) == 0 {
		return refuse("InvalidViewerCertificate", "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "+
			"certificate that validates your authorization to use the domain name.")
	}
	for _, arn := range certificate {
		if parts := strings.Split(arn, ":"); len(parts) < 6 || parts[3] != "us-east-1" {
			return refuse("InvalidViewerCertificate", "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.")
		}
	}
	return freeAliases(c, aliases)
}

// freeAliases refuses a name that another distribution answers to.
func freeAliases(c *Call, aliases []string) error {
	others, err := c.Cloud.All(distributionToken)
	if err != nil {
		return err
	}
	for _, other := range others {
		for _, alias := range other.State.text("aliases[]") {
			if other.ID != c.ID && contains(aliases, alias) {
				return refuse("CNAMEAlreadyExists", "One or more of the CNAMEs you provided are already associated with a different resource: %s", alias)
			}
		}
	}
	return nil
}

func distributionOutputs(c *Call, out Object) {
	out["arn"] = c.GlobalARN("cloudfront", "distribution/"+c.ID)
	out["domainName"] = "d" + c.hex("domain", 13) + ".cloudfront.net"
	out["hostedZoneId"] = "Z2FDTNDATAQYW2" // that of all distributions
	out["status"] = "Deployed"
	out.put("callerReference", "terraform-"+c.Now.Format("20060102150405")+c.hex("reference", 12))
	out["etag"] = cloudfrontID(c, "etag")
	out["lastModifiedTime"] = c.Now.Format(time.RFC3339)
	out["inProgressValidationBatches"] = 0.0
}

// shorter checks that a known string has at most so many characters.
func shorter(key string, most int) func(Object) []Failure {
	return func(in Object) []Failure {
		if s := in.Text(key); len(s) > most {
			return []Failure{{key, fmt.Sprintf("expected length of %s to be in the range (1 - %d), got %s", key, most, s)}}
		}
		return nil
	}
}
