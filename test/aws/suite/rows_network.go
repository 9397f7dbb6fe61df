package main

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/instance"
	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

func networkRow() row {
	return row{
		name: "network",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := network.Args{Tags: team(s)}
				if s >= replaced {
					args.CIDR, args.NAT = "10.1.0.0/16", network.NATNone
				}
				n, err := network.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("vpc", n.VPCID)
				return nil
			}
		},
		updates:  effect{"aws:ec2/vpc:Vpc", "tags"},
		replaces: effect{"aws:ec2/vpc:Vpc", "cidrBlock"},
		drift: drift{effect{"aws:ec2/vpc:Vpc", "tags"}, func(out map[string]string) []string {
			return []string{"ec2", "create-tags", "--resources", out["vpc"], "--tags", "Key=team,Value=somebody"}
		}},
		known: []fault{keptInterfaces},
		untried: []string{
			"to replace a network with NAT gateways: EC2 DeleteNatGateway leaves its address associated, so that the next gateway cannot have it; AWS frees it",
		},
	}
}

// private returns the VPC and a private subnet of a small network.
func private(ctx *pulumi.Context) (vpc pulumi.StringOutput, subnets pulumi.StringArrayOutput, err error) {
	n, err := network.New(ctx, "network", network.Args{NAT: network.NATNone})
	if err != nil {
		return vpc, subnets, err
	}
	return n.VPCID, n.PrivateSubnetIDs, nil
}

var keptInterfaces = fault{
	step: "nothing left", shows: "ec2 describe-network-interfaces",
	evidence: "EC2 DescribeNetworkInterfaces still answers the interfaces of terminated instances and deleted NAT gateways; AWS deletes them",
}

var groupRule = fault{
	shows:    "-ingress-lb (description)",
	evidence: "EC2 DescribeSecurityGroupRules answers no description of a rule about another group; AWS does",
}

var groupsOfInterface = fault{
	shows:    "(vpcSecurityGroupIds[0])",
	evidence: "EC2 DescribeInstances answers no security groups of an instance whose groups came with its network interface; AWS answers them",
}

func instanceRow() row {
	return row{
		name: "instance", slow: true,
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				vpc, subnets, err := private(ctx)
				if err != nil {
					return err
				}
				args := instance.Args{Tags: team(s), VPCID: vpc, SubnetID: subnets.Index(pulumi.Int(0))}
				if s >= replaced {
					args.UserData = pulumi.String("#!/bin/sh\necho hello\n")
				}
				i, err := instance.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("id", i.ID)
				return nil
			}
		},
		updates:  effect{"aws:ec2/instance:Instance", "tags"},
		replaces: effect{"aws:ec2/instance:Instance", "userData"},
		drift: drift{effect{"aws:ec2/instance:Instance", "tags"}, func(out map[string]string) []string {
			return []string{"ec2", "create-tags", "--resources", out["id"], "--tags", "Key=team,Value=somebody"}
		}},
		known: []fault{keptInterfaces, groupsOfInterface},
	}
}

// defaultVPCRow is an instance with no arguments at all.
func defaultVPCRow() row {
	return row{
		name: "instance in the default VPC", slow: true,
		program: func(stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				_, err := instance.New(ctx, "main", instance.Args{})
				return err
			}
		},
		known: []fault{keptInterfaces},
	}
}

func securityGroupRow() row {
	return row{
		name: "securitygroup",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				vpc, _, err := private(ctx)
				if err != nil {
					return err
				}
				who := "the shop"
				if s >= inPlace {
					who = "the shop and its workers"
				}
				args := securitygroup.Args{VPCID: vpc, Tags: team(s), Ingress: []securitygroup.Rule{{
					Description: who, FromPort: 5432, Peers: securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}},
				}}}
				if s >= replaced {
					args.Description = "the database of the shop"
				}
				g, err := securitygroup.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("arn", g.ARN)
				return nil
			}
		},
		updates:  effect{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "description"},
		replaces: effect{"aws:ec2/securityGroup:SecurityGroup", "description"},
		drift: drift{effect{"aws:ec2/securityGroup:SecurityGroup", "tags"}, func(out map[string]string) []string {
			return []string{"ec2", "create-tags", "--resources", afterLastSlash(out["arn"]), "--tags", "Key=team,Value=somebody"}
		}},
	}
}

func afterLastColon(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

func afterLastSlash(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
