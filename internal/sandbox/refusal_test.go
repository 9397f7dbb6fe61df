package sandbox_test

import (
	"strings"
	"testing"
)

func TestAWSRefusesWhatItRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		in          func(map[string]*deployed) props
		want        string
	}{
		{"VPC too large", "aws:ec2/vpc:Vpc", func(map[string]*deployed) props { return props{"cidrBlock": "10.0.0.0/8"} },
			"creating aws_vpc (x): api error InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid."},
		{"no such VPC", "aws:ec2/subnet:Subnet", func(map[string]*deployed) props { return props{"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"} },
			"api error InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist"},
		{"subnet outside", "aws:ec2/subnet:Subnet", func(all map[string]*deployed) props { return props{"vpcId": all["vpc"].id, "cidrBlock": "10.9.0.0/24"} },
			"InvalidSubnet.Range"},
		{"subnet overlaps", "aws:ec2/subnet:Subnet", func(all map[string]*deployed) props {
			return props{"vpcId": all["vpc"].id, "cidrBlock": "10.0.1.128/25"}
		},
			"InvalidSubnet.Conflict: The CIDR '10.0.1.128/25' conflicts with another subnet"},
		{"zone elsewhere", "aws:ec2/subnet:Subnet", func(all map[string]*deployed) props {
			return props{"vpcId": all["vpc"].id, "cidrBlock": "10.0.2.0/24", "availabilityZone": "us-east-1a"}
		}, "InvalidParameterValue: Value (us-east-1a) for parameter availabilityZone is invalid."},
		{"second route", "aws:ec2/route:Route", func(all map[string]*deployed) props {
			return props{"routeTableId": all["table"].id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": all["igw"].id}
		}, "RouteAlreadyExists"},
		{"second table", "aws:ec2/routeTableAssociation:RouteTableAssociation", func(all map[string]*deployed) props {
			return props{"routeTableId": all["table"].id, "subnetId": all["subnet"].id}
		}, "Resource.AlreadyAssociated"},
		{"public NAT without address", "aws:ec2/natGateway:NatGateway", func(all map[string]*deployed) props { return props{"subnetId": all["subnet"].id} },
			"MissingParameter"},
		{"group twice", "aws:ec2/securityGroup:SecurityGroup", func(all map[string]*deployed) props {
			return props{"vpcId": all["vpc"].id, "name": "taken"}
		}, "InvalidGroup.Duplicate: The security group 'taken' already exists"},
		{"rule twice", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", func(all map[string]*deployed) props {
			return props{"securityGroupId": all["group"].id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
		}, "InvalidPermission.Duplicate"},
		{"no such profile", "aws:ec2/instance:Instance", func(map[string]*deployed) props {
			return props{"ami": "ami-0c02fb55956c7d316", "instanceType": "t2.micro", "iamInstanceProfile": "nobody"}
		}, "Invalid IAM Instance Profile name"},
		{"no such role", "aws:iam/rolePolicy:RolePolicy", func(map[string]*deployed) props { return props{"role": "nobody", "policy": `{"Statement":[]}`} },
			"NoSuchEntity: The role with name nobody cannot be found."},
		{"role twice", "aws:iam/role:Role", func(map[string]*deployed) props { return props{"name": "taken", "assumeRolePolicy": trust("x")} },
			"EntityAlreadyExists: Role with name taken already exists."},
		{"no such policy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", func(map[string]*deployed) props {
			return props{"role": "taken", "policyArn": "arn:aws:iam::123456789012:policy/none"}
		}, "is not attachable"},
		{"bucket twice", "aws:s3/bucket:Bucket", func(map[string]*deployed) props { return props{"bucket": "taken-bucket"} }, "BucketAlreadyOwnedByYou"},
		{"no such bucket", "aws:s3/bucketPolicy:BucketPolicy", func(map[string]*deployed) props { return props{"bucket": "nowhere", "policy": `{"Statement":[]}`} },
			"NoSuchBucket: The specified bucket does not exist"},
		{"queue twice", "aws:sqs/queue:Queue", func(map[string]*deployed) props { return props{"name": "taken"} }, "QueueAlreadyExists"},
		{"no dead-letter queue", "aws:sqs/queue:Queue", func(map[string]*deployed) props {
			return props{"redrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:none","maxReceiveCount":3}`}
		}, "Dead letter target does not exist"},
		{"no such queue", "aws:sqs/queuePolicy:QueuePolicy", func(map[string]*deployed) props {
			return props{"queueUrl": "https://none", "policy": `{"Statement":[]}`}
		},
			"NonExistentQueue"},
		{"log group twice", "aws:cloudwatch/logGroup:LogGroup", func(map[string]*deployed) props { return props{"name": "taken"} }, "ResourceAlreadyExistsException"},
		{"no such key", "aws:kms/alias:Alias", func(map[string]*deployed) props { return props{"targetKeyId": "none"} }, "NotFoundException: Key 'none' does not exist"},
		{"parameter twice", "aws:ssm/parameter:Parameter", func(map[string]*deployed) props { return props{"name": "/taken", "type": "String", "value": "x"} }, "ParameterAlreadyExists"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			all := network(e)
			e.create("aws:ec2/securityGroup:SecurityGroup", "taken", props{"vpcId": all["vpc"].id, "name": "taken"})
			e.create("aws:iam/role:Role", "taken", props{"name": "taken", "assumeRolePolicy": trust("x")})
			e.create("aws:s3/bucketV2:BucketV2", "taken", props{"bucket": "taken-bucket"})
			e.create("aws:sqs/queue:Queue", "taken", props{"name": "taken"})
			e.create("aws:cloudwatch/logGroup:LogGroup", "taken", props{"name": "taken"})
			e.create("aws:ssm/parameter:Parameter", "taken", props{"name": "/taken", "type": "String", "value": "x"})
			_, err := e.try(c.token, "x", c.in(all))
			if !strings.Contains(message(err), c.want) {
				t.Errorf("got %q, want %q", message(err), c.want)
			}
		})
	}
}

func TestRoleStaysWhileItIsUsed(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	role := e.create("aws:iam/role:Role", "app", props{"name": "app", "assumeRolePolicy": trust("ec2.amazonaws.com")})
	managed := e.create("aws:iam/policy:Policy", "app", props{"policy": `{"Statement":[]}`})
	for _, user := range []*deployed{
		e.create("aws:iam/rolePolicy:RolePolicy", "app", props{"role": "app", "policy": `{"Statement":[]}`}),
		e.create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "app", props{"role": "app", "policyArn": managed.id}),
		e.create("aws:iam/instanceProfile:InstanceProfile", "app", props{"role": "app"}),
	} {
		if err := e.delete(role); !strings.Contains(message(err), "DeleteConflict") {
			t.Errorf("delete of a role that %s uses: %v", user.urn, err)
		}
		if err := e.delete(user); err != nil {
			t.Error(err)
		}
	}
	for _, d := range []*deployed{role, managed} {
		if err := e.delete(d); err != nil {
			t.Error(err)
		}
	}
}
