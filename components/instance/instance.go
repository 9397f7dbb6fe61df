// Package instance provides an EC2 instance with its own security group, role
// and encrypted disk.
package instance

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:instance:Instance"

// Args configures an instance. The zero value is a t4g.micro with Amazon Linux
// in the default VPC, which nobody can reach from outside.
type Args struct {
	// Type is the instance type. Default t4g.micro.
	Type string
	// ImageID is the AMI. Default: the Amazon Linux 2023 of the day on which the
	// instance is created; newer ones replace nothing until ImageID is set.
	ImageID string
	// SubnetID is where the instance stands. Default: AWS chooses a subnet of
	// the default VPC.
	SubnetID pulumi.StringInput
	// VPCID is the VPC of SubnetID. Default: the default VPC. Give both or none.
	VPCID pulumi.StringInput
	// PublicIP asks for a public address, in a public subnet. Without it there is
	// none, whatever SubnetID says. Changing it replaces the instance. In the
	// default VPC it says nothing: whether there is one is a setting of the subnet
	// that AWS chooses, and AWS makes those with public addresses.
	PublicIP bool
	// Ingress lists who may open connections. Default: nobody. Use Session
	// Manager for a shell; it needs no open port.
	Ingress []Rule
	// VolumeGiB is the size of the root disk, 8 to 16384. Default 8. It can only
	// grow.
	VolumeGiB int
	// UserData is the script of the first start. Changing it replaces the
	// instance.
	UserData pulumi.StringInput
	// Policy is the JSON of what programs on the instance may do in AWS, as
	// iampolicy.Document gives it. Default: nothing but Session Manager.
	Policy pulumi.StringInput
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Instance is an EC2 instance. Its root disk is encrypted, its metadata answers
// only IMDSv2, and it is reached through AWS Session Manager. A t4g.micro with
// its disk costs a few dollars a month.
type Instance struct {
	pulumi.ResourceState

	// ID is the instance's id.
	ID pulumi.StringOutput `pulumi:"instanceId"`
	// PrivateIP is its address inside the VPC.
	PrivateIP pulumi.StringOutput `pulumi:"privateIp"`
	// PublicIP is its address outside, "" when it has none.
	PublicIP pulumi.StringOutput `pulumi:"publicIp"`
	// SecurityGroupID is for rules that let others in: add vpc.SecurityGroupIngressRule.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
	// RoleName is the role that programs on the instance have.
	RoleName pulumi.StringOutput `pulumi:"roleName"`
}

// New creates an instance. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Instance, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Instance{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.securityGroup,
		b.role,
		b.profile,
		b.instance,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("instance %q: %w", name, err)
		}
	}
	self.ID = b.machine.ID().ToStringOutput()
	self.PrivateIP, self.PublicIP = b.machine.PrivateIp, b.machine.PublicIp
	self.SecurityGroupID, self.RoleName = b.group.ID().ToStringOutput(), b.roleOf.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"instanceId": self.ID, "privateIp": self.PrivateIP, "publicIp": self.PublicIP,
		"securityGroupId": self.SecurityGroupID, "roleName": self.RoleName,
	})
}

// builder makes the parts of one instance, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOrInvokeOption

	group       *ec2.SecurityGroup
	roleOf      *iam.Role
	permissions []pulumi.Resource
	profileOf   *iam.InstanceProfile
	machine     *ec2.Instance
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

// instance makes the machine, after its role may do what it needs to.
func (b *builder) instance() error {
	image, opts, err := b.image()
	if err != nil {
		return err
	}
	args := &ec2.InstanceArgs{
		Ami:                 pulumi.String(image),
		InstanceType:        pulumi.String(b.args.Type),
		VpcSecurityGroupIds: pulumi.StringArray{b.group.ID()},
		IamInstanceProfile:  b.profileOf.Name,
		RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{
			Encrypted:           pulumi.Bool(true),
			VolumeType:          pulumi.String("gp3"),
			VolumeSize:          pulumi.Int(b.args.VolumeGiB),
			DeleteOnTermination: pulumi.Bool(true),
			Tags:                b.tags(b.name),
		},
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		Tags: b.tags(b.name),
	}
	if b.args.SubnetID != nil {
		args.SubnetId = b.args.SubnetID.ToStringOutput().ToStringPtrOutput()
		// Without a subnet the provider does not ask AWS for it, but replaces an
		// instance that is otherwise.
		args.AssociatePublicIpAddress = pulumi.Bool(b.args.PublicIP)
	}
	if b.args.UserData != nil {
		args.UserData = b.args.UserData.ToStringOutput().ToStringPtrOutput()
		args.UserDataReplaceOnChange = pulumi.Bool(true)
	}
	opts = append(opts, b.child, pulumi.DependsOn(b.permissions))
	b.machine, err = ec2.NewInstance(b.ctx, b.name, args, opts...)
	return err
}
