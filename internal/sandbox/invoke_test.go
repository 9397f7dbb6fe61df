package sandbox_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func (e *engine) invoke(token string, args props) (props, error) {
	e.Helper()
	r, err := e.server.Invoke(context.Background(), &pulumirpc.InvokeRequest{Tok: token, Args: wire(e, args)})
	if err != nil {
		return nil, err
	}
	return values(e, r.GetReturn()), nil
}

func TestFunctionsAnswerForTheRegionAndAccount(t *testing.T) {
	t.Parallel()
	e := &engine{t, cloud(t).Server("us-west-2", "210987654321")}
	image := regexp.MustCompile(`^ami-0[0-9a-f]{16}$`)
	for _, c := range []struct {
		token string
		args  props
		key   string
		want  any
	}{
		{"aws:index/getAvailabilityZones:getAvailabilityZones", props{"state": "available"}, "names", []any{"us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"}},
		{"aws:index/getAvailabilityZones:getAvailabilityZones", props{"excludeNames": []any{"us-west-2a"}}, "zoneIds", []any{"usw2-az2", "usw2-az3", "usw2-az4"}},
		{"aws:index/getCallerIdentity:getCallerIdentity", props{}, "accountId", "210987654321"},
		{"aws:index/getRegion:getRegion", props{}, "name", "us-west-2"},
		{"aws:index/getPartition:getPartition", props{}, "dnsSuffix", "amazonaws.com"},
		{"aws:ec2/getAmi:getAmi", props{"mostRecent": true, "owners": []any{"amazon"}, "filters": []any{props{"name": "architecture", "values": []any{"arm64"}}}}, "architecture", "arm64"},
		{"aws:ec2/getAmi:getAmi", props{"owners": []any{"amazon"}}, "id", image},
		{"aws:ssm/getParameter:getParameter", props{"name": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"}, "insecureValue", image},
		{"aws:ec2/getVpc:getVpc", props{"default": true}, "cidrBlock", "172.31.0.0/16"},
	} {
		got, err := e.invoke(c.token, c.args)
		if err != nil {
			t.Errorf("%s: %v", c.token, err)
			continue
		}
		if re, ok := c.want.(*regexp.Regexp); ok {
			if s, _ := got[c.key].(string); !re.MatchString(s) {
				t.Errorf("%s: %s is %v", c.token, c.key, got[c.key])
			}
		} else if x := cmp.Diff(c.want, got[c.key]); x != "" {
			t.Errorf("%s: %s", c.token, x)
		}
	}
}

func TestPolicyDocumentIsRenderedAsTheProviderDoes(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	got, err := e.invoke("aws:iam/getPolicyDocument:getPolicyDocument", props{"statements": []any{
		props{"sid": "Read", "actions": []any{"s3:ListBucket", "s3:GetObject"}, "resources": []any{"arn:aws:s3:::b"},
			"principals": []any{props{"type": "AWS", "identifiers": []any{"arn:aws:iam::123456789012:root"}}},
			"conditions": []any{props{"test": "Bool", "variable": "aws:SecureTransport", "values": []any{"true"}}}},
		props{"effect": "Deny", "actions": []any{"*"}, "resources": []any{"*"}, "principals": []any{props{"type": "*", "identifiers": []any{"*"}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Action": [
        "s3:GetObject",
        "s3:ListBucket"
      ],
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        }
      },
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::123456789012:root"
      },
      "Resource": "arn:aws:s3:::b",
      "Sid": "Read"
    },
    {
      "Action": "*",
      "Effect": "Deny",
      "Principal": "*",
      "Resource": "*"
    }
  ]
}`
	if x := cmp.Diff(want, got["json"]); x != "" {
		t.Error(x)
	}
}

func TestParameterOfTheCloudIsFound(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	e.create("aws:ssm/parameter:Parameter", "p", props{"name": "/app/size", "type": "String", "value": "large"})
	if got, err := e.invoke("aws:ssm/getParameter:getParameter", props{"name": "/app/size"}); err != nil || got["value"] != "large" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := e.invoke("aws:ssm/getParameter:getParameter", props{"name": "/none"}); !strings.Contains(message(err), "ParameterNotFound") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownFunctionListsTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := newEngine(t, cloud(t)).invoke("aws:ec2/getEverything:getEverything", props{})
	if !strings.Contains(message(err), "does not answer aws:ec2/getEverything:getEverything; it answers aws:ec2/getAmi:getAmi") {
		t.Errorf("got %v", err)
	}
}
