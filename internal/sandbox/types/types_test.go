package types_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

func TestEveryTypeOfTheSDKIsDescribed(t *testing.T) {
	t.Parallel()
	var c types.Catalog
	tokens, err := c.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	if len(tokens) < 1500 {
		t.Errorf("only %d types", len(tokens))
	}
	asked := 0
	for _, token := range tokens {
		d, err := c.Find(token)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Token != token || !strings.HasPrefix(d.Terraform, "aws_") || (d.Source != "provider" && d.Source != "docs") {
			t.Errorf("%s is described as %+v", token, d)
		}
		if len(d.Properties) == 0 && token != "aws:ram/sharingWithOrganization:SharingWithOrganization" { // that one is all it says
			t.Errorf("%s has no properties", token)
		}
		if d.Source == "provider" {
			asked++
		}
		for name, p := range d.Properties {
			if cond := d.Properties[p.ReplaceIf]; p.ReplaceIf != "" && (cond == nil || cond.Kind != types.Bool) {
				t.Errorf("%s.%s is replaced if %s, which is no input", token, name, p.ReplaceIf)
			}
			sensible(t, token+"."+name, p)
		}
	}
	if asked != len(tokens) {
		t.Errorf("the provider was asked about %d of %d types", asked, len(tokens))
	}
}

// sensible fails when limits contradict themselves.
func sensible(t *testing.T, where string, p *types.Property) {
	t.Helper()
	if p == nil {
		return
	}
	if p.Min != nil && p.Max != nil && *p.Min > *p.Max || p.MinLength != nil && p.MaxLength != nil && *p.MinLength > *p.MaxLength ||
		p.MinItems != nil && p.MaxItems != nil && *p.MinItems > *p.MaxItems {
		t.Errorf("%s: nothing fits the limits %+v", where, p.Limits)
	}
	if p.Replace && p.Required() && p.Computed {
		t.Errorf("%s is required and yet chosen by AWS", where)
	}
	sensible(t, where+"[]", p.Of)
	for name, f := range p.Fields {
		sensible(t, where+"."+name, f)
	}
}

// The rules that people know by heart, as the real provider gave them.
func TestReplaceRulesAreTheRealProviders(t *testing.T) {
	t.Parallel()
	var c types.Catalog
	for token, want := range map[string][]string{
		"aws:ec2/vpc:Vpc":                              {"cidrBlock", "instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength"},
		"aws:ec2/internetGateway:InternetGateway":      nil,
		"aws:ec2/natGateway:NatGateway":                {"allocationId", "connectivityType", "privateIp", "subnetId"},
		"aws:iam/role:Role":                            {"name", "namePrefix", "path"},
		"aws:sqs/queue:Queue":                          {"fifoQueue", "name", "namePrefix"},
		"aws:s3/bucketVersioningV2:BucketVersioningV2": {"bucket", "expectedBucketOwner"},
		"aws:cloudwatch/metricAlarm:MetricAlarm":       {"name"},
	} {
		d, err := c.Find(token)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name, p := range d.Properties {
			if p.Replace {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s is replaced for %v, want %v", token, got, want)
		}
	}
}

func TestUnknownTypeHasASuggestion(t *testing.T) {
	t.Parallel()
	var c types.Catalog
	_, err := c.Find("aws:sqs/queu:Queu")
	var unknown *types.UnknownError
	if !errors.As(err, &unknown) || unknown.Similar != "aws:sqs/queue:Queue" {
		t.Errorf("got %v", err)
	}
	for _, token := range []string{"gcp:storage/bucket:Bucket", "", "aws:", "aws:../../etc/passwd:Passwd", "manifest"} {
		if _, err := c.Find(token); !errors.As(err, &unknown) {
			t.Errorf("%q: got %v", token, err)
		}
	}
}

func TestNearestFindsMisspellingsOnly(t *testing.T) {
	t.Parallel()
	names := []string{"cidrBlock", "tags", "enableDnsSupport"}
	for want, given := range map[string]string{"cidrBlock": "cidrblok", "tags": "tag", "enableDnsSupport": "enabelDnsSupport", "": "colour"} {
		if got := types.Nearest(given, names); got != want {
			t.Errorf("%s: got %q, want %q", given, got, want)
		}
	}
}
