package types_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

func TestEveryDescriptionHoldsTogether(t *testing.T) {
	t.Parallel()
	var c types.Catalog
	tokens, err := c.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	if len(tokens) < 38 {
		t.Errorf("only %d types", len(tokens))
	}
	for _, token := range tokens {
		d, err := c.Find(token)
		if err != nil {
			t.Errorf("%s: %v", token, err)
			continue
		}
		if d.Token != token || d.Terraform == "" || (d.Source != "provider" && d.Source != "docs") {
			t.Errorf("%s is described as %+v", token, d)
		}
		if n := d.Name; n != nil && (d.Properties[n.Property] == nil || n.Max < 1) {
			t.Errorf("%s is named by %+v", token, n)
		}
		for name, p := range d.Properties {
			if cond := d.Properties[p.ReplaceIf]; p.ReplaceIf != "" && (cond == nil || cond.Kind != types.Bool) {
				t.Errorf("%s.%s is replaced if %s, which is no input", token, name, p.ReplaceIf)
			}
			wellFormed(t, token+"."+name, p)
		}
	}
}

func wellFormed(t *testing.T, where string, p *types.Property) {
	t.Helper()
	switch p.Kind {
	case types.List, types.Set, types.Map:
		if p.Of == nil {
			t.Errorf("%s is a %s of nothing", where, p.Kind)
			return
		}
		wellFormed(t, where+"[]", p.Of)
	case types.Object:
		if len(p.Fields) == 0 {
			t.Errorf("%s is an object without fields", where)
		}
		for name, f := range p.Fields {
			wellFormed(t, where+"."+name, f)
		}
	case types.String, types.Int, types.Number, types.Bool, types.JSON, types.Asset, types.Any:
	default:
		t.Errorf("%s is a %q", where, p.Kind)
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
