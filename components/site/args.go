package site

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// Args configures a site. The zero value is an empty site at CloudFront's own
// name that serves index.html at its root.
type Args struct {
	// RootObject is the file that is served at the root. Default "index.html".
	RootObject string
	// SinglePage answers every path that is no file with RootObject: the
	// application in it looks at the path.
	SinglePage bool
	// ErrorPage is the path, such as "/404.html", of the page that is shown with
	// status 404 for what is not there.
	ErrorPage string
	// ContentSecurityPolicy says from where pages may load what. Default: from
	// the site itself only, and no other site shows it in a frame.
	ContentSecurityPolicy string
	// HSTS is how long browsers remember that the site is only there over HTTPS,
	// in whole seconds, one minute to two years. Default one year.
	HSTS time.Duration
	// HSTSSubdomains holds everything below the site's name to HTTPS as well.
	HSTSSubdomains bool
	// PriceClass says where in the world the site is kept near to its viewers.
	// Default PriceClass100.
	PriceClass PriceClass
	// CertificateARN is a certificate for all Aliases, in us-east-1: CloudFront
	// takes no others. Default: CloudFront's own, for its own name.
	CertificateARN pulumi.StringInput
	// Aliases are the domains at which the site is, the first one in its URL.
	// They need CertificateARN.
	Aliases []string
	// ZoneID is the hosted zone in which the Aliases get their records. Default:
	// the records are made elsewhere.
	ZoneID pulumi.StringInput
	// LogBucket is the domain name of a bucket that gets the access logs, such as
	// "logs.s3.amazonaws.com". CloudFront writes them with access lists, so the
	// bucket must have them switched on. Default: no logs.
	LogBucket pulumi.StringInput
	// NoncurrentDays is how long overwritten and deleted files can be recovered,
	// 1 to 3650 days. Default 90.
	NoncurrentDays int
	// DeleteFiles lets the site be deleted while there are files in it.
	DeleteFiles bool
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// PriceClass is a set of CloudFront's locations.
type PriceClass string

// The price classes, from the cheapest. The site is reached from everywhere with
// each of them.
const (
	// PriceClass100 is North America, Europe and Israel.
	PriceClass100 PriceClass = "PriceClass_100"
	// PriceClass200 is that, Asia, Africa and the Middle East.
	PriceClass200 PriceClass = "PriceClass_200"
	// PriceClassAll is everywhere.
	PriceClassAll PriceClass = "PriceClass_All"
)

// ownSiteOnly is the policy of a page that loads nothing from elsewhere.
const ownSiteOnly = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

var (
	rootObject = regexp.MustCompile(`^[A-Za-z0-9_.~-][A-Za-z0-9_.~/-]*$`)
	pagePath   = regexp.MustCompile(`^/[A-Za-z0-9_.~/-]+$`)
)

func (a Args) withDefaults() Args {
	if a.RootObject == "" {
		a.RootObject = "index.html"
	}
	if a.ContentSecurityPolicy == "" {
		a.ContentSecurityPolicy = ownSiteOnly
	}
	if a.HSTS == 0 {
		a.HSTS = 365 * 24 * time.Hour
	}
	if a.PriceClass == "" {
		a.PriceClass = PriceClass100
	}
	if a.NoncurrentDays == 0 {
		a.NoncurrentDays = 90
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	if !rootObject.MatchString(a.RootObject) {
		p.Addf("RootObject", "%q is not the name of a file such as index.html", a.RootObject)
	}
	if a.ErrorPage != "" && !pagePath.MatchString(a.ErrorPage) {
		p.Addf("ErrorPage", "%q is not a path such as /404.html", a.ErrorPage)
	}
	if a.ErrorPage != "" && a.SinglePage {
		p.Addf("ErrorPage", "is never shown with SinglePage: give one of them")
	}
	if strings.ContainsAny(a.ContentSecurityPolicy, "\r\n") {
		p.Addf("ContentSecurityPolicy", "is more than one line")
	}
	check.Seconds(&p, "HSTS", a.HSTS, time.Minute, 2*365*24*time.Hour)
	check.OneOf(&p, "PriceClass", a.PriceClass, PriceClass100, PriceClass200, PriceClassAll)
	a.checkAliases(&p)
	check.Between(&p, "NoncurrentDays", a.NoncurrentDays, 1, 3650)
	return p.Err("site", name)
}

func (a Args) checkAliases(p *check.Problems) {
	if arn, known := a.CertificateARN.(pulumi.String); known {
		if err := certificateFits(string(arn)); err != nil {
			p.Addf("CertificateARN", "%v", err)
		}
	}
	for i, alias := range a.Aliases {
		field := fmt.Sprintf("Aliases[%d]", i)
		if !check.IsDomain(alias) {
			p.Addf(field, "%q is not a domain such as www.example.com", alias)
		}
		if first := slices.Index(a.Aliases, alias); first < i {
			p.Addf(field, "%q is Aliases[%d], too", alias, first)
		}
	}
	if len(a.Aliases) > 0 && strings.HasPrefix(a.Aliases[0], "*.") {
		p.Addf("Aliases[0]", "%q is a pattern: the first one is in the site's URL", a.Aliases[0])
	}
	if len(a.Aliases) > 0 && a.CertificateARN == nil {
		p.Addf("Aliases", "need CertificateARN: a certificate for them in us-east-1")
	}
	if len(a.Aliases) == 0 && a.ZoneID != nil {
		p.Addf("ZoneID", "needs Aliases: there are no records without them")
	}
}

// certificateFits tells why CloudFront would not take a certificate.
func certificateFits(arn string) error {
	switch region := iampolicy.RegionOf(arn); {
	case !strings.HasPrefix(arn, "arn:"+iampolicy.PartitionOf(arn)+":acm:"):
		return fmt.Errorf("%q is not the ARN of an ACM certificate", arn)
	case region != "us-east-1":
		return fmt.Errorf("the certificate is in %s, and CloudFront takes only those in us-east-1: make it with a provider for that region", region)
	}
	return nil
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"rootObject":            pulumi.String(a.RootObject),
		"singlePage":            pulumi.Bool(a.SinglePage),
		"contentSecurityPolicy": pulumi.String(a.ContentSecurityPolicy),
		"hsts":                  pulumi.String(a.HSTS.String()),
		"hstsSubdomains":        pulumi.Bool(a.HSTSSubdomains),
		"priceClass":            pulumi.String(a.PriceClass),
		"noncurrentDays":        pulumi.Int(a.NoncurrentDays),
		"deleteFiles":           pulumi.Bool(a.DeleteFiles),
	}
	if a.ErrorPage != "" {
		m["errorPage"] = pulumi.String(a.ErrorPage)
	}
	if len(a.Aliases) > 0 {
		m["aliases"] = pulumi.ToStringArray(a.Aliases)
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	for key, v := range map[string]pulumi.StringInput{"certificateArn": a.CertificateARN, "zoneId": a.ZoneID, "logBucket": a.LogBucket} {
		if v != nil {
			m[key] = v
		}
	}
	return m
}
