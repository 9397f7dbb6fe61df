package certificate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/certificate"
	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/zone"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	certificateType = "aws:acm/certificate:Certificate"
	validationType  = "aws:acm/certificateValidation:CertificateValidation"
	recordType      = "aws:route53/record:Record"
)

func smallest() certificate.Args {
	return certificate.Args{Domain: "example.com", ZoneID: pulumi.String("Z1")}
}

func everything() certificate.Args {
	return certificate.Args{
		Domain: "example.com", AlternativeNames: []string{"*.example.com", "api.example.com"}, ZoneID: pulumi.String("Z1"),
		KeyAlgorithm: certificate.EC256, Tags: map[string]string{"owner": "payments"},
	}
}

func TestCertificateKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:certificate:Certificate",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return certificate.New(ctx, name, smallest(), opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return certificate.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args certificate.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := certificate.New(ctx, "shop", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestADomainAndAZoneGiveAProvenCertificate(t *testing.T) {
	t.Parallel()
	rec := record(t, smallest())
	for _, tt := range []struct {
		typ, name string
		want      map[string]any
	}{
		{certificateType, "shop", map[string]any{
			"domainName": "example.com", "keyAlgorithm": "RSA_2048", "validationMethod": "DNS", "tags": map[string]any{"Name": "shop"},
		}},
		{recordType, "shop-example.com", map[string]any{
			"zoneId": "Z1", "name": "_proof.example.com", "type": "CNAME", "ttl": 60.0, "allowOverwrite": true,
			"records": []any{"_answer.example.com.acm-validations.aws"},
		}},
		{validationType, "shop", map[string]any{
			"certificateArn": "arn:aws:certificate:::shop", "validationRecordFqdns": []any{"_proof.example.com"},
		}},
	} {
		if diff := cmp.Diff(tt.want, rec.Inputs(t, tt.typ, tt.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.typ, diff)
		}
	}
}

func TestADomainAndAllBelowItShareOneRecord(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	var names []string
	for _, r := range rec.Of(recordType) {
		names = append(names, r.Name)
	}
	if diff := cmp.Diff([]string{"shop-api.example.com", "shop-example.com"}, names); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	in := rec.Inputs(t, certificateType, "shop")
	if diff := cmp.Diff([]any{"*.example.com", "api.example.com"}, in["subjectAlternativeNames"]); diff != "" || in["keyAlgorithm"] != "EC_prime256v1" {
		t.Errorf("%v, names (-want +got):\n%s", in["keyAlgorithm"], diff)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60) + ".example.com"
	for name, tt := range map[string]struct {
		args certificate.Args
		want string
	}{
		"nothing": {certificate.Args{}, "certificate \"shop\": 2 problems:\n  Domain: \"\" is not a domain such as example.com or *.example.com\n" +
			"  ZoneID: is missing: the zone in which the names are proved"},
		"names": {certificate.Args{Domain: long, AlternativeNames: []string{long, "w*.example.com"}, ZoneID: pulumi.String("Z1"), KeyAlgorithm: "DSA"},
			"certificate \"shop\": 4 problems:\n  AlternativeNames[0]: \"" + long + "\" is there twice\n" +
				"  AlternativeNames[1]: \"w*.example.com\" is not a domain such as example.com or *.example.com\n" +
				"  Domain: 72 characters are more than the 64 of a certificate's first name: give a shorter one, and this in AlternativeNames\n" +
				"  KeyAlgorithm: \"DSA\" is not one of RSA_2048, EC_prime256v1, EC_secp384r1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := certificate.New(ctx, "shop", tt.args)
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

func TestTheSmallestArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, smallest(), false)
}

func TestEverythingSetDeploysToAnotherRegionAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, everything(), true)
}

func deploys(t *testing.T, args certificate.Args, cloudfront bool) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		dns, err := zone.New(ctx, "dns", zone.Args{Domain: "example.com"})
		if err != nil {
			return err
		}
		args.ZoneID = dns.ZoneID
		if cloudfront {
			if args.Provider, err = aws.NewProvider(ctx, "virginia", &aws.ProviderArgs{Region: pulumi.String("us-east-1")}); err != nil {
				return err
			}
		}
		shop, err := certificate.New(ctx, "shop", args)
		if err != nil {
			return err
		}
		ctx.Export("arn", shop.ARN)
		return nil
	})
	region := map[bool]string{false: "eu-west-1", true: "us-east-1"}[cloudfront]
	if arn := fmt.Sprint(r.Outputs()["arn"]); !strings.HasPrefix(arn, "arn:aws:acm:"+region+":") {
		t.Errorf("the certificate is %s, not in %s", arn, region)
	}
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		shop, err := certificate.New(ctx, "shop", certificate.Args{
			Domain: "example.com", AlternativeNames: []string{"*.example.com"}, ZoneID: pulumi.String("Z0123456789ABC"),
		})
		if err != nil {
			return err
		}
		ctx.Export("certificate", shop.ARN)
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
	// aws:acm/certificate:Certificate shop
	// aws:acm/certificateValidation:CertificateValidation shop
	// aws:route53/record:Record shop-example.com
	// trunkline:certificate:Certificate shop
}
