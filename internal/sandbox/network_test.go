package sandbox_test

import (
	"strings"
	"testing"
)

// network creates the parts of a small network and returns them by name.
func network(e *engine) map[string]*deployed {
	e.Helper()
	all := map[string]*deployed{}
	all["vpc"] = e.create("aws:ec2/vpc:Vpc", "main", props{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": props{"Name": "main"}})
	vpc := all["vpc"].id
	all["subnet"] = e.create("aws:ec2/subnet:Subnet", "a", props{"vpcId": vpc, "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-west-1a", "mapPublicIpOnLaunch": true})
	all["igw"] = e.create("aws:ec2/internetGateway:InternetGateway", "gw", props{"vpcId": vpc})
	all["eip"] = e.create("aws:ec2/eip:Eip", "nat", props{"domain": "vpc"})
	all["nat"] = e.create("aws:ec2/natGateway:NatGateway", "nat", props{"subnetId": all["subnet"].id, "allocationId": all["eip"].id})
	all["table"] = e.create("aws:ec2/routeTable:RouteTable", "public", props{"vpcId": vpc})
	all["route"] = e.create("aws:ec2/route:Route", "out", props{"routeTableId": all["table"].id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": all["igw"].id})
	all["association"] = e.create("aws:ec2/routeTableAssociation:RouteTableAssociation", "a", props{"routeTableId": all["table"].id, "subnetId": all["subnet"].id})
	all["endpoint"] = e.create("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", props{"vpcId": vpc, "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": []any{all["table"].id}})
	all["role"] = e.create("aws:iam/role:Role", "flow", props{"assumeRolePolicy": trust("vpc-flow-logs.amazonaws.com")})
	all["logs"] = e.create("aws:cloudwatch/logGroup:LogGroup", "flow", props{"retentionInDays": 30})
	all["flow"] = e.create("aws:ec2/flowLog:FlowLog", "flow", props{"vpcId": vpc, "trafficType": "ALL", "iamRoleArn": e.out(all["role"], "arn"), "logDestination": e.out(all["logs"], "arn")})
	all["group"] = e.create("aws:ec2/securityGroup:SecurityGroup", "web", props{"vpcId": vpc, "description": "Managed by Pulumi"})
	all["rule"] = e.create("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "all", props{"securityGroupId": all["group"].id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	all["instance"] = e.create("aws:ec2/instance:Instance", "web", props{"ami": "ami-0c02fb55956c7d316", "instanceType": "t4g.micro",
		"subnetId": all["subnet"].id, "vpcSecurityGroupIds": []any{all["group"].id}, "rootBlockDevice": props{"encrypted": true, "volumeType": "gp3"}})
	return all
}

func trust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

func TestNetworkGetsIdentifiersInAWSsForms(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	all := network(e)
	for name, prefix := range map[string]string{"vpc": "vpc-0", "subnet": "subnet-0", "igw": "igw-0", "eip": "eipalloc-0", "nat": "nat-0", "table": "rtb-0",
		"route": "r-rtb-0", "association": "rtbassoc-0", "endpoint": "vpce-0", "flow": "fl-0", "group": "sg-0", "rule": "sgr-0", "instance": "i-0"} {
		if !strings.HasPrefix(all[name].id, prefix) {
			t.Errorf("%s has the id %s, want %s…", name, all[name].id, prefix)
		}
	}
	if got, want := e.out(all["vpc"], "arn"), "arn:aws:ec2:eu-west-1:123456789012:vpc/"+all["vpc"].id; got != want {
		t.Errorf("arn of the VPC is %v, want %s", got, want)
	}
	if got := e.out(all["nat"], "publicIp"); got != e.out(all["eip"], "publicIp") {
		t.Errorf("the NAT gateway's address is %v, not that of its elastic IP", got)
	}
	if got := e.out(all["instance"], "privateIp").(string); !strings.HasPrefix(got, "10.0.1.") {
		t.Errorf("the instance's address %s is not in its subnet", got)
	}
	if got := e.out(all["instance"], "publicIp"); got == "" {
		t.Error("the instance has no public address in a subnet that gives them out")
	}
}

func TestNetworkIsDeletedInDependencyOrderOnly(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	all := network(e)
	for _, name := range []string{"vpc", "subnet", "table", "eip", "group", "role"} {
		err := e.delete(all[name])
		if name == "role" { // nothing is attached to it
			if err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s was deleted though others depend on it", name)
		}
	}
	for _, name := range []string{"instance", "rule", "group", "flow", "logs", "endpoint", "association", "route", "table", "nat", "eip", "igw", "subnet", "vpc"} {
		if err := e.delete(all[name]); err != nil {
			t.Errorf("delete %s: %v", name, err)
		}
	}
}
