// Package network is the stack that everything else stands in.
package network

import (
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/estate"
)

// Config is what an environment can choose.
type Config struct {
	CIDR        netip.Prefix `estate:"cidr" default:"10.0.0.0/16" min:"16" max:"22" doc:"IPv4 block of the VPC; changing it replaces everything"`
	Zones       int          `estate:"zones" default:"2" min:"1" max:"6" doc:"availability zones; more can be added at any time"`
	NAT         string       `estate:"nat" default:"single" enum:"single,per-zone,none" doc:"NAT gateways of the private subnets"`
	FlowLogDays int          `estate:"flowLogDays" default:"0" enum:"0,7,14,30,90,365" doc:"days that the record of all traffic is kept; 0 keeps none"`
}

// Outputs is what other stacks can use.
type Outputs struct {
	VPCID          pulumi.StringOutput      `pulumi:"vpcId" doc:"id of the VPC"`
	PublicSubnets  pulumi.StringArrayOutput `pulumi:"publicSubnetIds" doc:"one subnet id a zone"`
	PrivateSubnets pulumi.StringArrayOutput `pulumi:"privateSubnetIds" doc:"one subnet id a zone"`
	EgressIPs      pulumi.StringArrayOutput `pulumi:"egressIps" doc:"addresses from which private subnets reach the internet"`
}

// Stack is the network of an environment.
var Stack = estate.Define("network", build,
	estate.Doc("The VPC of an environment, with public and private subnets"))

func build(ctx *pulumi.Context, _ estate.Environment, cfg Config) (*Outputs, error) {
	main, err := network.New(ctx, "main", network.Args{
		CIDR:        cfg.CIDR.String(),
		Zones:       cfg.Zones,
		NAT:         network.NAT(cfg.NAT),
		FlowLogDays: cfg.FlowLogDays,
	})
	if err != nil {
		return nil, err
	}
	return &Outputs{
		VPCID:          main.VPCID,
		PublicSubnets:  main.PublicSubnetIDs,
		PrivateSubnets: main.PrivateSubnetIDs,
		EgressIPs:      main.EgressIPs,
	}, nil
}
