package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestDiffSaysWhatChangesAndWhatReplaces(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	all := network(e)
	subnet, group := all["subnet"].id, all["group"].id
	instance := func(more props) props {
		p := props{"ami": "ami-0c02fb55956c7d316", "instanceType": "t4g.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{group},
			"rootBlockDevice": props{"encrypted": true, "volumeType": "gp3"}}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	queue := props{"tags": props{"Owner": "a", "old": "x"}, "policy": `{"Version":"2012-10-17","Statement":[]}`}
	policies := props{"assumeRolePolicy": trust("ec2.amazonaws.com")}
	rules := []any{props{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": []any{"10.0.0.0/8"}}, props{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": []any{"10.0.0.0/8"}}}
	for _, c := range []struct {
		name, token  string
		before, then props
		want         map[string]string
	}{
		{"nothing", "aws:ec2/instance:Instance", instance(nil), instance(nil), map[string]string{}},
		{"in place", "aws:ec2/instance:Instance", instance(nil), instance(props{"instanceType": "t4g.large"}), map[string]string{"instanceType": "UPDATE"}},
		{"replace", "aws:ec2/instance:Instance", instance(nil), instance(props{"ami": "ami-0000000000000000a"}), map[string]string{"ami": "UPDATE_REPLACE"}},
		{"nested replace", "aws:ec2/instance:Instance", instance(nil), instance(props{"rootBlockDevice": props{"encrypted": false, "volumeType": "gp3"}}),
			map[string]string{"rootBlockDevice.encrypted": "UPDATE_REPLACE"}},
		{"nested in place", "aws:ec2/instance:Instance", instance(nil), instance(props{"rootBlockDevice": props{"encrypted": true, "volumeType": "gp3", "volumeSize": 20}}),
			map[string]string{"rootBlockDevice.volumeSize": "ADD"}},
		{"user data in place", "aws:ec2/instance:Instance", instance(props{"userData": "a"}), instance(props{"userData": "b"}), map[string]string{"userData": "UPDATE"}},
		{"user data replaces when asked to", "aws:ec2/instance:Instance", instance(props{"userData": "a", "userDataReplaceOnChange": true}),
			instance(props{"userData": "b", "userDataReplaceOnChange": true}), map[string]string{"userData": "UPDATE_REPLACE"}},
		{"default said aloud", "aws:ec2/vpc:Vpc", props{"cidrBlock": "10.2.0.0/16"}, props{"cidrBlock": "10.2.0.0/16", "enableDnsSupport": true}, map[string]string{}},
		{"left to AWS again", "aws:ec2/vpc:Vpc", props{"cidrBlock": "10.2.0.0/16", "enableDnsHostnames": true}, props{"cidrBlock": "10.2.0.0/16"}, map[string]string{}},
		{"back to the default", "aws:sqs/queue:Queue", props{"delaySeconds": 5}, props{}, map[string]string{"delaySeconds": "DELETE"}},
		{"tags", "aws:sqs/queue:Queue", queue, props{"tags": props{"Owner": "b", "new.key": "y"}, "policy": queue["policy"]},
			map[string]string{"tags.Owner": "UPDATE", "tags.old": "DELETE", `tags["new.key"]`: "ADD", "tagsAll.Owner": "UPDATE", "tagsAll.old": "DELETE", `tagsAll["new.key"]`: "ADD"}},
		{"same policy in other words", "aws:sqs/queue:Queue", queue, props{"tags": queue["tags"], "policy": `{ "Statement": [], "Version": "2012-10-17" }`}, map[string]string{}},
		{"policy as an object", "aws:iam/role:Role", policies, props{"assumeRolePolicy": props{"Version": "2012-10-17",
			"Statement": []any{props{"Effect": "Allow", "Principal": props{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}}}, map[string]string{}},
		{"order of a set", "aws:ec2/securityGroup:SecurityGroup", props{"ingress": rules}, props{"ingress": []any{rules[1], rules[0]}}, map[string]string{}},
		{"element of a set", "aws:ec2/securityGroup:SecurityGroup", props{"ingress": rules}, props{"ingress": []any{rules[1]}}, map[string]string{"ingress[0]": "DELETE"}},
		{"order of a list", "aws:ec2/vpcEndpoint:VpcEndpoint", props{"vpcId": all["vpc"].id, "serviceName": "com.amazonaws.eu-west-1.s3"},
			props{"vpcId": all["vpc"].id, "serviceName": "com.amazonaws.eu-west-1.dynamodb"}, map[string]string{"serviceName": "UPDATE_REPLACE"}},
	} {
		d := e.create(c.token, strings.ReplaceAll(c.name, " ", "-"), c.before)
		diff, _ := e.diff(d, c.then)
		got := map[string]string{}
		for path, p := range diff.GetDetailedDiff() {
			got[path] = p.GetKind().String()
		}
		if x := cmp.Diff(c.want, got); x != "" {
			t.Errorf("%s: %s", c.name, x)
		}
		if (len(got) > 0) != (diff.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME) {
			t.Errorf("%s: changes are %s", c.name, diff.GetChanges())
		}
		if err := e.delete(d); err != nil {
			t.Error(err)
		}
	}
}

func TestIgnoredChangesDoNotDiffer(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	d := e.create("aws:sqs/queue:Queue", "q", props{"delaySeconds": 1, "tags": props{"a": "1"}})
	in, _ := e.check(d.urn, d.inputs, props{"delaySeconds": 2, "tags": props{"a": "2"}})
	r, err := e.server.Diff(context.Background(), &pulumirpc.DiffRequest{Id: d.id, Urn: d.urn, Olds: d.outputs, OldInputs: d.inputs, News: in,
		IgnoreChanges: []string{"tags.a", "tagsAll", "delaySeconds"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.GetDetailedDiff()) != 0 {
		t.Errorf("differs in %v", r.GetDetailedDiff())
	}
}

func TestChosenNameIsDeletedBeforeItIsReplaced(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	for name, in := range map[string]props{"chosen": {"name": "web", "description": "a"}, "automatic": {"description": "a"}} {
		d := e.create("aws:ec2/securityGroup:SecurityGroup", name, in)
		then := props{"description": "b"}
		if name == "chosen" {
			then["name"] = "web"
		}
		diff, _ := e.diff(d, then)
		if got, want := diff.GetDeleteBeforeReplace(), name == "chosen"; got != want {
			t.Errorf("%s name: deleteBeforeReplace is %v, want %v", name, got, want)
		}
		if x := cmp.Diff([]string{"description"}, diff.GetReplaces()); x != "" {
			t.Error(x)
		}
	}
}
