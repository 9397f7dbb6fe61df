package instance

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// securityGroup makes a group that lets everything out and, but for the rules
// given, nothing in. Rules are resources of their own, so that others can add
// theirs.
func (b *builder) securityGroup() (err error) {
	args := &ec2.SecurityGroupArgs{
		Description: pulumi.String("Instance " + b.name),
		Tags:        b.tags(b.name),
	}
	if b.args.VPCID != nil {
		args.VpcId = b.args.VPCID.ToStringOutput().ToStringPtrOutput()
	}
	if b.group, err = ec2.NewSecurityGroup(b.ctx, b.name, args, b.child); err != nil {
		return err
	}
	out := b.name + "-egress"
	if _, err := vpc.NewSecurityGroupEgressRule(b.ctx, out, &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.group.ID(),
		Description:     pulumi.String("Everything out"),
		IpProtocol:      pulumi.String("-1"),
		CidrIpv4:        pulumi.String("0.0.0.0/0"),
		Tags:            b.tags(out),
	}, b.child); err != nil {
		return err
	}
	for _, r := range b.args.Ingress {
		if err := b.ingress(r); err != nil {
			return err
		}
	}
	return nil
}

// ingress makes one rule, named after what it allows: taking one of several
// rules away leaves the others alone.
func (b *builder) ingress(r Rule) error {
	from := strings.ReplaceAll(r.CIDR, "/", "-")
	name := fmt.Sprintf("%s-ingress-%s-%d-%d-%s", b.name, r.Protocol, r.FromPort, r.ToPort, from)
	args := &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: b.group.ID(),
		IpProtocol:      pulumi.String(r.Protocol),
		FromPort:        pulumi.Int(r.FromPort),
		ToPort:          pulumi.Int(r.ToPort),
		CidrIpv4:        pulumi.String(r.CIDR),
		Tags:            b.tags(name),
	}
	if r.Description != "" {
		args.Description = pulumi.String(r.Description)
	}
	_, err := vpc.NewSecurityGroupIngressRule(b.ctx, name, args, b.child)
	return err
}

// role makes the role of programs on the instance: Session Manager, and what
// the policy says.
func (b *builder) role() (err error) {
	b.roleOf, err = iam.NewRole(b.ctx, b.name, &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(iampolicy.AssumedBy("ec2.amazonaws.com").JSON()),
		Tags:             b.tags(b.name),
	}, b.child)
	if err != nil {
		return err
	}
	sessions, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-sessions", &iam.RolePolicyAttachmentArgs{
		Role:      b.roleOf.Name,
		PolicyArn: iam.ManagedPolicyAmazonSSMManagedInstanceCore,
	}, b.child)
	if err != nil {
		return err
	}
	b.permissions = append(b.permissions, sessions)
	if b.args.Policy == nil {
		return nil
	}
	own, err := iam.NewRolePolicy(b.ctx, b.name, &iam.RolePolicyArgs{
		Role:   b.roleOf.Name,
		Policy: b.args.Policy,
	}, b.child)
	b.permissions = append(b.permissions, own)
	return err
}

// profile makes what EC2 wants around a role.
func (b *builder) profile() (err error) {
	b.profileOf, err = iam.NewInstanceProfile(b.ctx, b.name, &iam.InstanceProfileArgs{
		Role: b.roleOf.Name,
		Tags: b.tags(b.name),
	}, b.child)
	return err
}

// image returns the AMI. One that is looked up is the newest of the day, so it
// counts only when the instance is created: the same commit must not replace
// servers on another day.
func (b *builder) image() (string, []pulumi.ResourceOption, error) {
	if b.args.ImageID != "" {
		return b.args.ImageID, nil, nil
	}
	found, err := ssm.LookupParameter(b.ctx, &ssm.LookupParameterArgs{
		Name: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + architecture(b.args.Type),
	}, b.child)
	if err != nil {
		return "", nil, err
	}
	return found.Value, []pulumi.ResourceOption{pulumi.IgnoreChanges([]string{"ami"})}, nil
}
