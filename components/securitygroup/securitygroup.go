// Package securitygroup provides an EC2 security group and its rules to the
// components that need one.
//
// The group is registered without the SDK's package ec2, which takes longer to
// compile than all others together.
package securitygroup

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

const (
	// token is the type of EC2's security group.
	token = "aws:ec2/securityGroup:SecurityGroup"
	// sdkVersion is the version of the SDK: it goes with every registration, so
	// that the group is in the same default provider as everything else.
	sdkVersion = "6.83.2"
)

// Args configures a security group. The zero value is a group in the default
// VPC that lets nothing in and nothing out.
type Args struct {
	// Description says what is in the group, in at most 255 letters, digits,
	// spaces and ._-:/()#,@[]+=&;{}!$*. Default: the group's name in the code.
	// Changing it replaces the group.
	Description string
	// VPCID is where the group is. Default: the default VPC. Changing it replaces
	// the group.
	VPCID pulumi.StringInput
	// Ingress lists who may open connections to the members. Default: nobody.
	Ingress []Rule
	// Egress lists to whom the members may open connections. Default: nobody.
	// Answers to what Ingress lets in need no rule.
	Egress []Rule
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Group is a security group. It costs nothing.
type Group struct {
	pulumi.CustomResourceState

	// ARN names the group in policies.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name.
	Name pulumi.StringOutput `pulumi:"name"`
	// VPCID is the VPC that the group belongs to.
	VPCID pulumi.StringOutput `pulumi:"vpcId"`
}

// New creates a security group called name and a rule for every peer in args.
// Components pass themselves as the parent. Rules are resources of their own,
// named after what they allow, so that taking one away leaves the others alone
// and others can add theirs. Every problem with args is reported at once,
// before anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Group, error) {
	if args.Description == "" {
		args.Description = name
	}
	var p check.Problems
	args.check(&p)
	if err := p.Err("security group", name); err != nil {
		return nil, err
	}
	self := &Group{}
	if err := ctx.RegisterResource(token, name, args.inputs(name), self, withVersion(opts)...); err != nil {
		return nil, err
	}
	for _, r := range each(args.Ingress) {
		if err := r.ingress(ctx, self.ID().ToStringOutput(), name+"-ingress-"+r.label(), args.Tags, opts...); err != nil {
			return nil, err
		}
	}
	for _, r := range each(args.Egress) {
		if err := r.egress(ctx, self, name+"-egress-"+r.label(), args.Tags, opts...); err != nil {
			return nil, err
		}
	}
	return self, nil
}

// Allow lets the rule's peers open connections to the members of a group that
// was made elsewhere, such as the database of another stack. A program that knows
// its clients says so in New. Every problem with the rule is reported at once,
// before anything is registered.
func Allow(ctx *pulumi.Context, name string, groupID pulumi.StringInput, rule Rule, opts ...pulumi.ResourceOption) error {
	var p check.Problems
	rule.Check(&p, "Rule")
	if err := p.Err("security group rule", name); err != nil {
		return err
	}
	for _, r := range each([]Rule{rule}) {
		if err := r.ingress(ctx, groupID, name+"-"+r.label(), nil, opts...); err != nil {
			return err
		}
	}
	return nil
}

func withVersion(opts []pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Version(sdkVersion)}, opts...)
}

func (a Args) inputs(name string) pulumi.Map {
	m := pulumi.Map{
		"description": pulumi.String(a.Description),
		"tags":        tags.Named(name, a.Tags),
	}
	if a.VPCID != nil {
		m["vpcId"] = a.VPCID
	}
	return m
}

func (a Args) check(p *check.Problems) {
	if len(a.Description) > 255 || !description.MatchString(a.Description) {
		p.Addf("Description", "%q is not a description that EC2 accepts: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*", a.Description)
	}
	checkRules(p, "Ingress", a.Ingress)
	checkRules(p, "Egress", a.Egress)
}

// ingress registers what one peer may open.
func (r single) ingress(ctx *pulumi.Context, groupID pulumi.StringInput, name string, extra map[string]string, opts ...pulumi.ResourceOption) error {
	args := &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           groupID,
		Description:               r.description(),
		IpProtocol:                pulumi.String(r.protocol()),
		FromPort:                  r.from(),
		ToPort:                    r.to(),
		CidrIpv4:                  r.ipv4(),
		CidrIpv6:                  r.ipv6(),
		ReferencedSecurityGroupId: r.groupID(),
		Tags:                      tags.Named(name, extra),
	}
	_, err := vpc.NewSecurityGroupIngressRule(ctx, name, args, opts...)
	return err
}

// egress registers to which peer the members may open connections.
func (r single) egress(ctx *pulumi.Context, group *Group, name string, extra map[string]string, opts ...pulumi.ResourceOption) error {
	args := &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           group.ID(),
		Description:               r.description(),
		IpProtocol:                pulumi.String(r.protocol()),
		FromPort:                  r.from(),
		ToPort:                    r.to(),
		CidrIpv4:                  r.ipv4(),
		CidrIpv6:                  r.ipv6(),
		ReferencedSecurityGroupId: r.groupID(),
		Tags:                      tags.Named(name, extra),
	}
	_, err := vpc.NewSecurityGroupEgressRule(ctx, name, args, opts...)
	return err
}
