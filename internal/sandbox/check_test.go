package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestWrongInputsAreRejectedAtPreview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		in          props
		want        string
	}{
		{"missing", "aws:ec2/subnet:Subnet", props{"cidrBlock": "10.0.0.0/24"}, "vpcId: missing required property vpcId"},
		{"misspelt", "aws:ec2/vpc:Vpc", props{"cidrBlok": "10.0.0.0/16"}, "cidrBlok: there is no input cidrBlok (did you mean cidrBlock?)"},
		{"misspelt inside", "aws:ec2/instance:Instance", props{"rootBlockDevice": props{"volumSize": 8}}, "rootBlockDevice.volumSize: there is no input volumSize (did you mean volumeSize?)"},
		{"output as input", "aws:ec2/vpc:Vpc", props{"ownerId": "1"}, "ownerId: there is no input ownerId"},
		{"wrong kind", "aws:sqs/queue:Queue", props{"delaySeconds": "ten"}, `delaySeconds: expected a whole number, got the string "ten"`},
		{"fraction", "aws:sqs/queue:Queue", props{"delaySeconds": 1.5}, "delaySeconds: expected a whole number, got the number 1.5"},
		{"no list", "aws:ec2/instance:Instance", props{"vpcSecurityGroupIds": "sg-1"}, `vpcSecurityGroupIds: expected a list, got the string "sg-1"`},
		{"no CIDR", "aws:ec2/vpc:Vpc", props{"cidrBlock": "10.0.0.0/99"}, `cidrBlock: "10.0.0.0/99" is not a valid CIDR block: invalid CIDR address: 10.0.0.0/99`},
		{"host bits", "aws:ec2/vpc:Vpc", props{"cidrBlock": "10.0.1.0/16"}, `cidrBlock: "10.0.1.0/16" is not a valid CIDR block; did you mean "10.0.0.0/16"?`},
		{"group name", "aws:ec2/securityGroup:SecurityGroup", props{"name": "sg-web"}, "name: invalid value for name (cannot begin with sg-): sg-web"},
		{"rule without source", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", props{"securityGroupId": "sg-1", "ipProtocol": "tcp"},
			"cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId must be given, got 0"},
		{"instance type", "aws:ec2/instance:Instance", props{"ami": "ami-0c02fb55956c7d316", "instanceType": "big"}, `instanceType: "big" is not an instance type, such as t4g.micro`},
		{"image", "aws:ec2/instance:Instance", props{"ami": "ubuntu", "instanceType": "t4g.micro"}, `ami: "ubuntu" is not an image ID, such as ami-0c02fb55956c7d316`},
		{"retention", "aws:sqs/queue:Queue", props{"messageRetentionSeconds": 10}, "messageRetentionSeconds: expected messageRetentionSeconds to be in the range (60 - 1209600), got 10"},
		{"fifo", "aws:sqs/queue:Queue", props{"name": "q", "fifoQueue": true}, "name: invalid queue name: q: the name of a FIFO queue ends in .fifo"},
		{"bucket", "aws:s3/bucketV2:BucketV2", props{"bucket": "My_Bucket"}, `bucket: invalid S3 bucket name "My_Bucket": only lowercase letters, digits, dots and hyphens, starting and ending with a letter or digit, and no IP address`},
		{"policy", "aws:iam/role:Role", props{"assumeRolePolicy": "{"}, `assumeRolePolicy: "assumeRolePolicy" contains an invalid JSON policy: unexpected end of JSON input`},
		{"empty policy", "aws:sqs/queuePolicy:QueuePolicy", props{"queueUrl": "u", "policy": "{}"}, `policy: "policy" contains an invalid JSON policy: it has no Statement`},
		{"log retention", "aws:cloudwatch/logGroup:LogGroup", props{"retentionInDays": 31}, "retentionInDays: expected retentionInDays to be one of"},
		{"alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", props{"comparisonOperator": "More", "evaluationPeriods": 1}, "comparisonOperator: expected comparisonOperator to be one of"},
		{"alias", "aws:kms/alias:Alias", props{"name": "key", "targetKeyId": "k"}, `name: "key" must begin with alias/`},
		{"parameter", "aws:ssm/parameter:Parameter", props{"type": "String"}, "insecureValue: exactly one of insecureValue, value must be given, got 0"},
		{"topic", "aws:sns/topic:Topic", props{"name": "a b"}, "name: invalid topic name: a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			_, failures := e.check(urn(c.token, "x"), nil, c.in)
			if len(failures) == 0 || !strings.HasPrefix(failures[0], c.want) {
				t.Errorf("got %q, want %q", failures, c.want)
			}
		})
	}
}

func TestEverythingWrongIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	_, failures := e.check(urn("aws:ec2/subnet:Subnet", "x"), nil, props{"cidrBlock": 5, "colour": "red"})
	want := []string{"vpcId: missing required property vpcId", "cidrBlock: expected a string, got the number 5", "colour: there is no input colour"}
	if diff := cmp.Diff(want, failures); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownTypeSaysWhatTheSandboxHas(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	for token, want := range map[string]string{
		"aws:ec2/vcp:Vcp":               "the sandbox has no type aws:ec2/vcp:Vcp (did you mean aws:ec2/vpc:Vpc?)",
		"aws:ec2/transitGateway:Nimbus": "it has all of pulumi-aws 6.",
		"gcp:storage/bucket:Bucket":     "the sandbox has no type gcp:storage/bucket:Bucket",
		"aws:../../etc/passwd:Passwd":   "the sandbox has no type",
	} {
		_, err := e.server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: urn(token, "x")})
		if !strings.Contains(message(err), want) {
			t.Errorf("%s: got %q, want it to contain %q", token, message(err), want)
		}
	}
}

func TestUnknownValuesAreNotJudged(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	unknown := resource.MakeComputed(resource.NewProperty(""))
	got := e.preview("aws:ec2/subnet:Subnet", "a", props{"vpcId": unknown, "cidrBlock": unknown, "tags": unknown})
	for _, k := range []string{"vpcId", "cidrBlock", "tags", "tagsAll", "arn", "availabilityZone"} {
		if got[k] != "?" {
			t.Errorf("%s is %v in a preview, want unknown", k, got[k])
		}
	}
}

func TestPreviewKnowsInputsAndDefaultsButNotWhatAWSChooses(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	got := e.preview("aws:sqs/queue:Queue", "jobs", props{"name": "jobs"})
	for k, want := range map[string]any{"name": "jobs", "visibilityTimeoutSeconds": 30.0, "arn": "?", "url": "?"} {
		if got[k] != want {
			t.Errorf("%s is %v, want %v", k, got[k], want)
		}
	}
	if list := resources(t, c); len(list) != 0 {
		t.Errorf("a preview created %v", list)
	}
}

func TestDefaultTagsAreMergedPerStack(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	for _, stack := range []string{"network.dev", "data.dev"} {
		_, err := e.server.Configure(context.Background(), &pulumirpc.ConfigureRequest{
			Urn:  new("urn:pulumi:" + stack + "::shop::pulumi:providers:aws::default"),
			Args: wire(t, props{"region": "eu-north-1", "defaultTags": `{"tags":{"Stack":"` + stack + `","Owner":"ops"}}`}),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, stack := range []string{"network.dev", "data.dev"} {
		u := "urn:pulumi:" + stack + "::shop::aws:sqs/queue:Queue::jobs-" + stack
		in, _ := e.check(u, nil, props{"tags": props{"Owner": "me"}})
		r, err := e.server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: u, Properties: in})
		if err != nil {
			t.Fatal(err)
		}
		got := values(t, r.GetProperties())
		if diff := cmp.Diff(props{"Owner": "me", "Stack": stack}, got["tagsAll"]); diff != "" {
			t.Error(diff)
		}
		if !strings.HasPrefix(r.GetId(), "https://sqs.eu-north-1.amazonaws.com/") {
			t.Errorf("the queue %s is not in the configured region", r.GetId())
		}
	}
}

func TestInstancesOfAServerAreConfiguredApart(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		e := &engine{t, c.Server("", "").Instance()}
		if _, err := e.server.Configure(context.Background(), &pulumirpc.ConfigureRequest{Args: wire(t, props{"region": region})}); err != nil {
			t.Fatal(err)
		}
		d := e.create("aws:ec2/vpc:Vpc", "main", props{"cidrBlock": "10.0.0.0/16"})
		if got := e.out(d, "arn").(string); !strings.Contains(got, ":"+region+":") {
			t.Errorf("the VPC of %s has the arn %s", region, got)
		}
	}
}

func TestForbiddenAccountIsRefused(t *testing.T) {
	t.Parallel()
	_, err := cloud(t).Server("", "111122223333").Configure(context.Background(), &pulumirpc.ConfigureRequest{Args: wire(t, props{"allowedAccountIds": `["444455556666"]`})})
	if !strings.Contains(message(err), "AWS account ID not allowed: 111122223333") {
		t.Errorf("got %v", err)
	}
}
