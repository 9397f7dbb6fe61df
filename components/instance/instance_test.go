package instance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/instance"
)

const (
	instanceType = "aws:ec2/instance:Instance"
	ingressType  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType   = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

func TestInstanceKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]instance.Args{
		"smallest": {},
		"with everything": {
			Ingress:  []instance.Rule{{FromPort: 443, CIDR: "10.0.0.0/8"}},
			Policy:   pulumi.String(iampolicy.Document{}.JSON()),
			UserData: pulumi.String("#!/bin/sh"),
			SubnetID: pulumi.String("subnet-1"), VPCID: pulumi.String("vpc-1"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tagged := args
			tagged.Tags = map[string]string{"owner": "payments"}
			componentstest.Exercise(t, componentstest.Subject{
				Token: "trunkline:instance:Instance",
				New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
					return instance.New(ctx, name, args, opts...)
				},
				NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
					return instance.New(ctx, name, tagged)
				},
			})
		})
	}
}

func record(t *testing.T, args instance.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := instance.New(ctx, "web", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// The first example of every introduction to Pulumi: one instance from an AMI
// id and an instance type, but with a role, a closed security group, an
// encrypted disk and IMDSv2.
func TestTheClassicFirstExampleIsSafe(t *testing.T) {
	t.Parallel()
	rec := record(t, instance.Args{ImageID: "ami-0c55b159cbfafe1f0", Type: "t2.micro"})
	got, _ := rec.Get(instanceType, "web")
	want := map[string]any{
		"ami": "ami-0c55b159cbfafe1f0", "instanceType": "t2.micro",
		"vpcSecurityGroupIds": []any{"securitygroup-web"},
		"iamInstanceProfile":  "web",
		"rootBlockDevice": map[string]any{
			"encrypted": true, "volumeType": "gp3", "volumeSize": 8.0, "deleteOnTermination": true,
			"tags": map[string]any{"Name": "web"},
		},
		"metadataOptions": map[string]any{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0},
		"tags":            map[string]any{"Name": "web"},
	}
	if diff := cmp.Diff(want, got.Inputs); diff != "" {
		t.Errorf("instance (-want +got):\n%s", diff)
	}
	if len(got.Ignored) > 0 {
		t.Errorf("a given image is ignored: %v", got.Ignored)
	}
}

func TestInASubnetThereIsNoPublicAddressUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{false, true} {
		rec := record(t, instance.Args{VPCID: pulumi.String("vpc-1"), SubnetID: pulumi.String("subnet-1"), PublicIP: public})
		if got := rec.Inputs(t, instanceType, "web")["associatePublicIpAddress"]; got != public {
			t.Errorf("PublicIP %v: associatePublicIpAddress is %v", public, got)
		}
	}
}

func TestNobodyGetsInAndEverythingGetsOutByDefault(t *testing.T) {
	t.Parallel()
	rec := record(t, instance.Args{})
	if in := rec.Of(ingressType); len(in) != 0 {
		t.Errorf("ingress: %v", in)
	}
	out := rec.Of(egressType)
	if len(out) != 1 || out[0].Inputs["cidrIpv4"] != "0.0.0.0/0" || out[0].Inputs["ipProtocol"] != "-1" {
		t.Errorf("egress: %v", out)
	}
	group, _ := rec.Get("aws:ec2/securityGroup:SecurityGroup", "web")
	if group.Inputs["ingress"] != nil || group.Inputs["egress"] != nil {
		t.Errorf("inline rules would take the rules of others away: %v", group.Inputs)
	}
}

func TestIngressOpensExactlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	rec := record(t, instance.Args{Ingress: []instance.Rule{
		{Description: "HTTPS", FromPort: 443, CIDR: "10.0.0.0/8"},
		{Protocol: "udp", FromPort: 5000, ToPort: 5010, CIDR: "192.0.2.0/24"},
	}})
	want := map[string]map[string]any{
		"web-ingress-tcp-443-443-10.0.0.0-8": {
			"securityGroupId": "securitygroup-web", "description": "HTTPS", "ipProtocol": "tcp",
			"fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/8",
			"tags": map[string]any{"Name": "web-ingress-tcp-443-443-10.0.0.0-8"},
		},
		"web-ingress-udp-5000-5010-192.0.2.0-24": {
			"securityGroupId": "securitygroup-web", "ipProtocol": "udp",
			"fromPort": 5000.0, "toPort": 5010.0, "cidrIpv4": "192.0.2.0/24",
			"tags": map[string]any{"Name": "web-ingress-udp-5000-5010-192.0.2.0-24"},
		},
	}
	got := map[string]map[string]any{}
	for _, r := range rec.Of(ingressType) {
		got[r.Name] = r.Inputs
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ingress (-want +got):\n%s", diff)
	}
}

// A new Amazon Linux must not replace servers when nobody changed anything.
func TestALookedUpImageCountsOnlyAtCreation(t *testing.T) {
	t.Parallel()
	got, _ := record(t, instance.Args{}).Get(instanceType, "web")
	if got.Inputs["ami"] != "ami-0123456789abcdef0" || !slices.Equal(got.Ignored, []string{"ami"}) {
		t.Errorf("ami %v, ignored %v", got.Inputs["ami"], got.Ignored)
	}
}

func TestTheRoleMayOpenSessionsAndWhatThePolicySays(t *testing.T) {
	t.Parallel()
	policy := iampolicy.Document{{Effect: iampolicy.Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{"*"}}}.JSON()
	rec := record(t, instance.Args{Policy: pulumi.String(policy)})
	attached, _ := rec.Get("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "web-sessions")
	if attached.Inputs["policyArn"] != "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" {
		t.Errorf("attached: %v", attached.Inputs)
	}
	own, _ := rec.Get("aws:iam/rolePolicy:RolePolicy", "web")
	if own.Inputs["policy"] != policy {
		t.Errorf("policy: %v", own.Inputs)
	}
	if policies := record(t, instance.Args{}).Of("aws:iam/rolePolicy:RolePolicy"); len(policies) != 0 {
		t.Errorf("policies nobody asked for: %v", policies)
	}
}

func TestChangedUserDataReplacesTheInstance(t *testing.T) {
	t.Parallel()
	got, _ := record(t, instance.Args{UserData: pulumi.String("#!/bin/sh\n")}).Get(instanceType, "web")
	if got.Inputs["userData"] != "#!/bin/sh\n" || got.Inputs["userDataReplaceOnChange"] != true {
		t.Errorf("inputs: %v", got.Inputs)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := instance.New(ctx, "web", instance.Args{
			Type: "micro", ImageID: "ubuntu", SubnetID: pulumi.String("subnet-1"), VolumeGiB: 4,
			Ingress: []instance.Rule{
				{Protocol: "icmp", FromPort: 443, ToPort: 80, CIDR: "10.0.0.1/8"},
				{FromPort: 70000, CIDR: "everyone"},
			},
		})
		return err
	})
	const want = `instance "web": 9 problems:
  Type: "micro" is not an instance type such as t4g.micro
  ImageID: "ubuntu" is not an AMI such as ami-0123456789abcdef0
  SubnetID: SubnetID and VPCID go together: give both or none
  VolumeGiB: 4 is not between 8 and 16384
  Ingress[0].Protocol: "icmp" is not one of tcp, udp
  Ingress[0].ToPort: 80 is not between 443 and 65535
  Ingress[0].CIDR: 10.0.0.1/8 has bits set behind /8: did you mean 10.0.0.0/8?
  Ingress[1].FromPort: 70000 is not between 1 and 65535
  Ingress[1].CIDR: "everyone" is not an IPv4 block such as 10.0.0.0/16`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if len(rec.Resources) != 0 {
		t.Errorf("%d resources were registered", len(rec.Resources))
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		web, err := instance.New(ctx, "web", instance.Args{
			ImageID: "ami-0c55b159cbfafe1f0",
			Type:    "t2.micro",
		})
		if err != nil {
			return err
		}
		ctx.Export("privateIp", web.PrivateIP)
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
	// aws:ec2/instance:Instance web
	// aws:ec2/securityGroup:SecurityGroup web
	// aws:iam/instanceProfile:InstanceProfile web
	// aws:iam/role:Role web
	// aws:iam/rolePolicyAttachment:RolePolicyAttachment web-sessions
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-egress
	// trunkline:instance:Instance web
}
