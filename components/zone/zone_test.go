package zone_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/zone"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	zoneType   = "aws:route53/zone:Zone"
	recordType = "aws:route53/record:Record"
)

func everything() zone.Args {
	return zone.Args{
		Domain: "example.com",
		Records: []zone.Record{
			{Values: []pulumi.StringInput{pulumi.String("198.51.100.7"), pulumi.String("198.51.100.8")}},
			{Name: "www", Type: zone.CNAME, TTL: time.Hour, Values: []pulumi.StringInput{pulumi.String("example.com")}},
			{Type: zone.MX, Values: []pulumi.StringInput{pulumi.String("10 mail.example.com.")}},
			{Name: "_dmarc", Type: zone.TXT, Values: []pulumi.StringInput{pulumi.String(strings.Repeat("x", 300))}},
			{Name: "shop", Type: zone.AAAA, Alias: &zone.Alias{Domain: pulumi.String("d1.cloudfront.net"), ZoneID: pulumi.String("Z2FDTNDATAQYW2"), CheckHealth: true}},
		},
		CertificateAuthorities: []string{"amazon.com", "letsencrypt.org"},
		Comment:                "The shop", Tags: map[string]string{"owner": "payments"},
	}
}

func TestZoneKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:zone:Zone",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return zone.New(ctx, name, zone.Args{Domain: "example.com"}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return zone.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args zone.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := zone.New(ctx, "shop", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestADomainAloneGivesAPublicZone(t *testing.T) {
	t.Parallel()
	rec := record(t, zone.Args{Domain: "example.com"})
	want := map[string]any{"name": "example.com", "comment": "shop", "tags": map[string]any{"Name": "shop"}}
	if diff := cmp.Diff(want, rec.Inputs(t, zoneType, "shop")); diff != "" {
		t.Errorf("zone (-want +got):\n%s", diff)
	}
	if n := len(rec.Of(recordType)); n != 0 {
		t.Errorf("%d records", n)
	}
}

func TestEveryRecordIsWritten(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, want := range map[string]map[string]any{
		"shop-a":         {"name": "example.com", "type": "A", "ttl": 300.0, "records": []any{"198.51.100.7", "198.51.100.8"}},
		"shop-mx":        {"name": "example.com", "type": "MX", "ttl": 300.0, "records": []any{"10 mail.example.com."}},
		"shop-caa":       {"name": "example.com", "type": "CAA", "ttl": 300.0, "records": []any{`0 issue "amazon.com"`, `0 issue "letsencrypt.org"`}},
		"shop-www-cname": {"name": "www.example.com", "type": "CNAME", "ttl": 3600.0, "records": []any{"example.com"}},
		"shop-_dmarc-txt": {"name": "_dmarc.example.com", "type": "TXT", "ttl": 300.0,
			"records": []any{strings.Repeat("x", 255) + `""` + strings.Repeat("x", 45)}},
		"shop-shop-aaaa": {"name": "shop.example.com", "type": "AAAA",
			"aliases": []any{map[string]any{"name": "d1.cloudfront.net", "zoneId": "Z2FDTNDATAQYW2", "evaluateTargetHealth": true}}},
	} {
		want["zoneId"] = "Z0123456789ABC"
		if diff := cmp.Diff(want, rec.Inputs(t, recordType, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(rec.Of(recordType)); n != 6 {
		t.Errorf("%d records", n)
	}
}

func TestVPCsMakeTheZonePrivate(t *testing.T) {
	t.Parallel()
	rec := record(t, zone.Args{Domain: "corp.internal", VPCIDs: pulumi.ToStringArray([]string{"vpc-1", "vpc-2"})})
	if diff := cmp.Diff([]any{map[string]any{"vpcId": "vpc-1"}, map[string]any{"vpcId": "vpc-2"}}, rec.Inputs(t, zoneType, "shop")["vpcs"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	values := func(v ...string) (out []pulumi.StringInput) {
		for _, s := range v {
			out = append(out, pulumi.String(s))
		}
		return out
	}
	for name, tt := range map[string]struct {
		args zone.Args
		want string
	}{
		"nothing": {zone.Args{}, `zone "shop": Domain: "" is not a domain such as example.com`},
		"the zone": {
			zone.Args{Domain: "*.example.com", Comment: strings.Repeat("ü", 257), CertificateAuthorities: []string{"amazon"},
				VPCIDs: pulumi.ToStringArray([]string{"vpc-1"})},
			"zone \"shop\": 4 problems:\n  Domain: \"*.example.com\" is not a domain such as example.com\n" +
				"  Comment: 257 characters are more than 256\n" +
				"  CertificateAuthorities[0]: \"amazon\" is not the domain of an authority such as amazon.com\n" +
				"  CertificateAuthorities: are for a public zone: nobody issues certificates for a private one",
		},
		"the records": {
			zone.Args{Domain: "example.com", CertificateAuthorities: []string{"amazon.com"}, Records: []zone.Record{
				{Name: "www.example.com", Values: values("1.2.3")},
				{Name: "a b", Type: "SPF", TTL: 8 * 24 * time.Hour, Values: values("x")},
				{Type: zone.CNAME, Values: values("b.example.com", "c d")},
				{Type: zone.CAA, Values: values("letsencrypt.org")},
				{Name: "api", Type: zone.MX, TTL: time.Minute, Alias: &zone.Alias{Domain: pulumi.String("x.example.com")}},
				{Name: "api", Type: zone.MX, Values: values("mail.example.com")},
				{Name: "api"},
				{Name: "six", Type: zone.AAAA, Values: values("::ffff:1.2.3.4", "fe80::1%eth0")},
				{Name: "srv", Type: zone.SRV, Values: values("10 443 www.example.com")},
				{Name: "txt", Type: zone.TXT, Values: values(`say "x"`)},
			}},
			"zone \"shop\": 21 problems:\n  Records[0].Name: \"www.example.com\" has the domain at its end, which is added\n" +
				"  Records[0].Values[0]: \"1.2.3\" is not an IPv4 address\n" +
				"  Records[1].Name: \"a b\" is not a name below the domain\n" +
				"  Records[1].Type: \"SPF\" is not one of A, AAAA, CAA, CNAME, MX, NS, SRV, TXT\n" +
				"  Records[1].TTL: 192h0m0s is not between 1s and 168h0m0s\n" +
				"  Records[2]: the domain itself has no CNAME of its own: use an alias, or the zone's\n" +
				"  Records[2].Values: a CNAME has one value, not 2\n" +
				"  Records[2].Values[1]: \"c d\" is not a domain name\n" +
				"  Records[3].Values[0]: \"letsencrypt.org\" is not a flag, tag and value, such as 0 issue \"amazon.com\"\n" +
				"  Records[3]: is what CertificateAuthorities write\n" +
				"  Records[3]: \"\" is Records[2], too: a name with a CNAME has nothing else\n" +
				"  Records[4].Alias: needs both Domain and ZoneID\n" +
				"  Records[4].TTL: is that of what the alias points to\n" +
				"  Records[4].Type: an alias is A or AAAA, not MX\n" +
				"  Records[5].Values[0]: \"mail.example.com\" is not a priority and a name, such as 10 mail.example.com\n" +
				"  Records[5]: MX of \"api\" is Records[4], too: give all values there\n" +
				"  Records[6]: give exactly one of Values and Alias\n" +
				"  Records[7].Values[0]: \"::ffff:1.2.3.4\" is not an IPv6 address\n" +
				"  Records[7].Values[1]: \"fe80::1%eth0\" is not an IPv6 address\n" +
				"  Records[8].Values[0]: \"10 443 www.example.com\" is not a priority, weight, port and name, such as 10 5 443 www.example.com\n" +
				"  Records[9].Values[0]: \"say \\\"x\\\"\" is not a text of 1 to 4000 printable characters without quotes and backslashes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := zone.New(ctx, "shop", tt.args)
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
	deploys(t, zone.Args{Domain: "example.com"})
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, everything())
}

func deploys(t *testing.T, args zone.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		shop, err := zone.New(ctx, "shop", args)
		if err != nil {
			return err
		}
		ctx.Export("servers", shop.NameServers)
		return nil
	})
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		shop, err := zone.New(ctx, "shop", zone.Args{
			Domain:  "example.com",
			Records: []zone.Record{{Name: "www", Values: []pulumi.StringInput{pulumi.String("198.51.100.7")}}},
		})
		if err != nil {
			return err
		}
		ctx.Export("nameServers", shop.NameServers)
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
	// aws:route53/record:Record shop-www-a
	// aws:route53/zone:Zone shop
	// trunkline:zone:Zone shop
}
