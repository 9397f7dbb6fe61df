package main

import (
	"regexp"
	"strings"
)

// What CloudFront's GetDistribution gets wrong.
const (
	accessControl  = "CloudFront answers distributions without the OriginAccessControlId of their origins; AWS answers it"
	forwarded      = "CloudFront answers ForwardedValues of a behavior that has a cache policy; AWS answers none"
	ownCertificate = "CloudFront answers CloudFrontDefaultCertificate true of a distribution that has a certificate of its own; AWS answers false"
	noCertificate  = "CloudFront answers empty names of certificates that a distribution does not have, and a support method for them; AWS answers none"
)

const distributionPath = "/2020-05-31/distribution"

var (
	originPart    = regexp.MustCompile(`(?s)<Origin>.*?</Origin>`)
	originName    = regexp.MustCompile(`<DomainName>([^<]*)</DomainName>`)
	originControl = regexp.MustCompile(`<OriginAccessControlId>([^<]+)</OriginAccessControlId>`)
	forwardedPart = regexp.MustCompile(`(?s)(<CachePolicyId>[^<]+</CachePolicyId>(?:<\w+PolicyId>[^<]*</\w+PolicyId>)*)<ForwardedValues>.*?</ForwardedValues>`)
	defaultPart   = regexp.MustCompile(`true(</CloudFrontDefaultCertificate><ACMCertificateArn>[^<]+<)`)
	emptyNames    = strings.NewReplacer("<IAMCertificateId></IAMCertificateId>", "", "<ACMCertificateArn></ACMCertificateArn>", "")
)

// rememberOrigins keeps what the emulator forgets of a distribution that is
// created or changed.
func (a *amender) rememberOrigins(body string) {
	for _, o := range originPart.FindAllString(body, -1) {
		name, control := originName.FindStringSubmatch(o), originControl.FindStringSubmatch(o)
		if name != nil && control != nil {
			a.remember["origin "+name[1]] = control[0]
		}
	}
}

// distribution puts right what the emulator answers.
func (a *amender) distribution(body string) string {
	body = a.replace(accessControl, body, originPart.ReplaceAllStringFunc(body, func(o string) string {
		name := originName.FindStringSubmatch(o)
		if name == nil {
			return o
		}
		return strings.TrimSuffix(o, "</Origin>") + a.remember["origin "+name[1]] + "</Origin>"
	}))
	body = a.replace(forwarded, body, forwardedPart.ReplaceAllString(body, "$1"))
	body = a.replace(noCertificate, body, emptyNames.Replace(body))
	return a.replace(ownCertificate, body, defaultPart.ReplaceAllString(body, "false$1"))
}

// replace returns what is right, and notes the evidence where that is something
// else than what was there.
func (a *amender) replace(evidence, there, right string) string {
	if there != right {
		a.amended[evidence] = true
	}
	return right
}
