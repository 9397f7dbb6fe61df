package aws_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

func TestZonesAreNumberedInTheirRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"eu-west-1": "euw1-az1", "us-east-1": "use1-az1", "ap-southeast-2": "apse2-az1", "us-gov-west-1": "usgovw1-az1"} {
		if got := aws.ZoneIDs(region)[0]; got != want {
			t.Errorf("%s: got %s, want %s", region, got, want)
		}
		if len(aws.Zones(region)) != len(aws.ZoneIDs(region)) {
			t.Errorf("%s has more names than identifiers", region)
		}
	}
}

func TestPartitionsNameTheirResources(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"cn-north-1": "arn:aws-cn:sqs:cn-north-1:1:q", "us-gov-west-1": "arn:aws-us-gov:sqs:us-gov-west-1:1:q", "eu-west-1": "arn:aws:sqs:eu-west-1:1:q"} {
		if got := (aws.Scope{Region: region, Account: "1"}).ARN("sqs", "q"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPathsFindEveryKnownValue(t *testing.T) {
	t.Parallel()
	o := aws.Object{"routes": []any{map[string]any{"to": "a"}, map[string]any{"to": aws.Unknown{}}, map[string]any{"to": "b"}, "odd"}, "id": "c"}
	for path, want := range map[string][]any{"routes[].to": {"a", "b"}, "id": {"c"}, "id.deeper": nil, "none[]": nil} {
		if diff := cmp.Diff(want, o.At(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// A network that the check accepts is one that the rest of the package can
// calculate with.
func FuzzCIDR(f *testing.F) {
	for _, s := range []string{"10.0.0.0/16", "10.0.0.1/16", "::/0", "10.0.0.0/33", "x", "010.0.0.0/8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		failures := aws.Check("aws:ec2/vpc:Vpc", aws.Object{"cidrBlock": s})
		p, err := netip.ParsePrefix(s)
		if ok := s == "" || (err == nil && p == p.Masked()); ok != (len(failures) == 0) {
			t.Errorf("%q: %v, parsed %v %v", s, failures, p, err)
		}
	})
}

// Whatever a program passes, the rendering is valid JSON or an error.
func FuzzPolicyDocument(f *testing.F) {
	f.Add(`{"statements":[{"actions":["s3:*"],"principals":[{"type":"AWS","identifiers":["*"]}],"conditions":[{"test":"Bool","variable":"v","values":["true"]}]}]}`)
	f.Add(`{"sourcePolicyDocuments":["{\"Statement\":[{\"Sid\":\"a\"}]}","no"]}`)
	f.Add(`{"statements":[null,1,{"principals":[3],"conditions":"x"}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		var args aws.Object
		if json.Unmarshal([]byte(s), &args) != nil {
			return
		}
		out, err := aws.Invoke(aws.Scope{Region: "eu-west-1", Account: "1"}, nil, "aws:iam/getPolicyDocument:getPolicyDocument", args)
		if err == nil && !json.Valid([]byte(out.Text("json"))) {
			t.Errorf("%s renders as %q", s, out.Text("json"))
		}
		if err != nil && !strings.Contains(err.Error(), "InvalidPolicyDocument") {
			t.Error(err)
		}
	})
}
