// Package certificate provides a TLS certificate of ACM that proves itself
// through DNS.
package certificate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:certificate:Certificate"

// Args configures a certificate. Domain and ZoneID must be given.
type Args struct {
	// Domain is the first name of the certificate: "example.com", or
	// "*.example.com" for all names directly below it. Changing it replaces the
	// certificate; the old one goes once the new one is in use.
	Domain string
	// AlternativeNames are further names, up to 99. Changing them replaces the
	// certificate.
	AlternativeNames []string
	// ZoneID is the public hosted zone in which all names are.
	ZoneID pulumi.StringInput
	// KeyAlgorithm is the kind of key. Default RSA2048, which all clients and all
	// services of AWS know. Changing it replaces the certificate.
	KeyAlgorithm KeyAlgorithm
	// Provider makes the certificate in its region, whatever that of the other
	// resources is: CloudFront needs it in us-east-1, for which estate.Provider
	// makes one. Default: the region of the environment.
	Provider pulumi.ProviderResource
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// KeyAlgorithm is a kind of key.
type KeyAlgorithm string

// The kinds of keys. Not every service of AWS takes all of them.
const (
	RSA2048 KeyAlgorithm = "RSA_2048"
	EC256   KeyAlgorithm = "EC_prime256v1"
	EC384   KeyAlgorithm = "EC_secp384r1"
)

// Certificate is a public certificate of ACM, which renews it as long as its
// records are in the zone. Certificates of one account for one name share their
// record, so another component or region may have written it: it is taken over.
// It costs nothing.
type Certificate struct {
	pulumi.ResourceState

	// ARN is known once the certificate is issued.
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// New creates a certificate, proves that its names are ours, and waits until it
// is issued, a few minutes. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Certificate, error) {
	if args.KeyAlgorithm == "" {
		args.KeyAlgorithm = RSA2048
	}
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Certificate{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	there := []pulumi.ResourceOption{child}
	if args.Provider != nil {
		there = append(there, pulumi.Provider(args.Provider))
	}
	made := &acm.CertificateArgs{
		DomainName:       pulumi.String(args.Domain),
		KeyAlgorithm:     pulumi.String(args.KeyAlgorithm),
		ValidationMethod: pulumi.String("DNS"),
		Tags:             tags.Named(name, args.Tags),
	}
	if len(args.AlternativeNames) > 0 {
		made.SubjectAlternativeNames = pulumi.ToStringArray(args.AlternativeNames)
	}
	certificate, err := acm.NewCertificate(ctx, name, made, there...)
	if err != nil {
		return nil, err
	}
	proofs, err := args.proofs(ctx, name, certificate, child)
	if err != nil {
		return nil, err
	}
	issued, err := acm.NewCertificateValidation(ctx, name, &acm.CertificateValidationArgs{
		CertificateArn: certificate.Arn, ValidationRecordFqdns: proofs,
	}, there...)
	if err != nil {
		return nil, err
	}
	self.ARN = issued.CertificateArn
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"arn": self.ARN})
}

// proofs writes the records that ACM looks for, and returns their names.
func (a Args) proofs(ctx *pulumi.Context, name string, certificate *acm.Certificate, child pulumi.ResourceOption) (pulumi.StringArray, error) {
	var names pulumi.StringArray
	for _, domain := range a.distinct() {
		option := func(field func(acm.CertificateDomainValidationOption) *string) pulumi.StringOutput {
			return certificate.DomainValidationOptions.ApplyT(func(options []acm.CertificateDomainValidationOption) (string, error) {
				for _, o := range options {
					if v := field(o); o.DomainName != nil && strings.TrimPrefix(*o.DomainName, "*.") == domain && v != nil {
						return strings.TrimSuffix(*v, "."), nil
					}
				}
				return "", fmt.Errorf("certificate %q: ACM does not say how to prove %s", name, domain)
			}).(pulumi.StringOutput)
		}
		record, err := route53.NewRecord(ctx, name+"-"+domain, &route53.RecordArgs{
			ZoneId:         a.ZoneID,
			Name:           option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordName }),
			Type:           option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordType }),
			Records:        pulumi.StringArray{option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordValue })},
			Ttl:            pulumi.Int(60),
			AllowOverwrite: pulumi.Bool(true),
		}, child)
		if err != nil {
			return nil, err
		}
		names = append(names, record.Fqdn)
	}
	return names, nil
}

// distinct returns the domains to prove: a domain and all below it are one.
func (a Args) distinct() []string {
	var out []string
	for _, name := range append([]string{a.Domain}, a.AlternativeNames...) {
		if base := strings.TrimPrefix(name, "*."); !slices.Contains(out, base) {
			out = append(out, base)
		}
	}
	return out
}

func (a Args) check(name string) error {
	var p check.Problems
	all := append([]string{a.Domain}, a.AlternativeNames...)
	for i, domain := range all {
		field := "Domain"
		if i > 0 {
			field = fmt.Sprintf("AlternativeNames[%d]", i-1)
		}
		if !check.IsDomain(domain) {
			p.Addf(field, "%q is not a domain such as example.com or *.example.com", domain)
		} else if slices.Contains(all[:i], domain) {
			p.Addf(field, "%q is there twice", domain)
		}
	}
	if len(a.Domain) > 64 {
		p.Addf("Domain", "%d characters are more than the 64 of a certificate's first name: give a shorter one, and this in AlternativeNames", len(a.Domain))
	}
	if n := len(a.AlternativeNames); n > 99 {
		p.Addf("AlternativeNames", "%d names are more than 99", n)
	}
	if a.ZoneID == nil {
		p.Addf("ZoneID", "is missing: the zone in which the names are proved")
	}
	check.OneOf(&p, "KeyAlgorithm", a.KeyAlgorithm, RSA2048, EC256, EC384)
	return p.Err("certificate", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"domain":       pulumi.String(a.Domain),
		"zoneId":       a.ZoneID,
		"keyAlgorithm": pulumi.String(a.KeyAlgorithm),
	}
	if len(a.AlternativeNames) > 0 {
		m["alternativeNames"] = pulumi.ToStringArray(a.AlternativeNames)
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
