package sandbox_test

import (
	"strings"
	"testing"
)

// existing is what a case of refused adds to an empty cloud first.
type existing struct {
	token, name string
	in          props
}

// refused creates a resource that the provider rejects, or that AWS refuses.
func refused(t *testing.T, before []existing, token string, in props, want string) {
	t.Helper()
	e := newEngine(t, cloud(t))
	for _, b := range before {
		e.create(b.token, b.name, b.in)
	}
	_, failures := e.check(urn(token, "x"), nil, in)
	got := strings.Join(failures, "; ")
	if got == "" {
		_, err := e.try(token, "x", in)
		got = message(err)
	}
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAccountHasOneIdentityProviderPerIssuer(t *testing.T) {
	t.Parallel()
	const token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	ci := existing{token, "ci", props{"url": "https://ci.example", "clientIdLists": []any{"sts.amazonaws.com"}}}
	refused(t, []existing{ci}, token, ci.in, "EntityAlreadyExists: Provider with url https://ci.example already exists.")
	refused(t, nil, token, props{"url": "http://ci.example", "clientIdLists": []any{"x"}}, "expected url to be a URL that begins with https://")
	e := newEngine(t, cloud(t))
	if got, want := e.create(token, "ci", ci.in).id, "arn:aws:iam::123456789012:oidc-provider/ci.example"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}

// distribution is one that serves a bucket, with changes.
func distribution(change props) props {
	in := props{
		"enabled":           true,
		"origins":           []any{props{"originId": "bucket", "domainName": "files.s3.eu-west-1.amazonaws.com"}},
		"restrictions":      props{"geoRestriction": props{"restrictionType": "none"}},
		"viewerCertificate": props{"cloudfrontDefaultCertificate": true},
		"defaultCacheBehavior": props{"targetOriginId": "bucket", "viewerProtocolPolicy": "redirect-to-https",
			"allowedMethods": []any{"GET", "HEAD"}, "cachedMethods": []any{"GET", "HEAD"}, "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
	}
	for key, v := range change {
		in[key] = v
	}
	return in
}

func TestCloudFrontRefusesWhatItRefuses(t *testing.T) {
	t.Parallel()
	const token = "aws:cloudfront/distribution:Distribution"
	behavior := func(key, v string) props {
		of := distribution(nil)["defaultCacheBehavior"].(props)
		of[key] = v
		return distribution(props{"defaultCacheBehavior": of})
	}
	certified := props{"aliases": []any{"www.example.com"}, "viewerCertificate": props{"sslSupportMethod": "sni-only",
		"acmCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c"}}
	for name, c := range map[string]struct {
		before []existing
		in     props
		want   string
	}{
		"no such origin":         {nil, behavior("targetOriginId", "other"), "NoSuchOrigin: One or more of your origins or origin groups do not exist."},
		"no such cache policy":   {nil, behavior("cachePolicyId", "none"), "NoSuchCachePolicy: The specified cache policy does not exist: none"},
		"no such headers policy": {nil, behavior("responseHeadersPolicyId", "none"), "NoSuchResponseHeadersPolicy"},
		"no such control": {nil, distribution(props{"origins": []any{props{"originId": "bucket", "domainName": "x.example", "originAccessControlId": "E1"}}}),
			"InvalidOriginAccessControl"},
		"protocol policy":     {nil, behavior("viewerProtocolPolicy", "http"), "expected viewerProtocolPolicy to be one of"},
		"price class":         {nil, distribution(props{"priceClass": "cheap"}), "expected priceClass to be one of"},
		"alias without proof": {nil, distribution(props{"aliases": []any{"www.example.com"}}), "you must attach a trusted certificate"},
		"certificate elsewhere": {nil, distribution(props{"viewerCertificate": props{"acmCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/c", "sslSupportMethod": "sni-only"}}),
			"InvalidViewerCertificate: The specified SSL certificate doesn't exist, isn't in us-east-1 region"},
		"alias twice": {[]existing{{token, "first", distribution(certified)}}, distribution(certified), "CNAMEAlreadyExists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, c.before, token, c.in, c.want)
		})
	}
}

func TestAnAccessControlStaysWhileADistributionUsesIt(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	control := e.create("aws:cloudfront/originAccessControl:OriginAccessControl", "c",
		props{"originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4"})
	d := e.create("aws:cloudfront/distribution:Distribution", "d", distribution(props{"origins": []any{
		props{"originId": "bucket", "domainName": "x.example", "originAccessControlId": control.id}}}))
	if err := e.delete(control); !strings.Contains(message(err), "OriginAccessControlInUse") {
		t.Errorf("delete: %v", err)
	}
	for _, x := range []*deployed{d, control} {
		if err := e.delete(x); err != nil {
			t.Error(err)
		}
	}
}
