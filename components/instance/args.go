package instance

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// Rule lets an address block open connections to a range of ports.
type Rule struct {
	// Description says what for.
	Description string
	// Protocol is tcp or udp. Default tcp.
	Protocol string
	// FromPort and ToPort are the range, 1 to 65535. ToPort defaults to FromPort.
	FromPort, ToPort int
	// CIDR is the IPv4 block that may connect, such as 10.0.0.0/16.
	CIDR string
}

func (a Args) withDefaults() Args {
	if a.Type == "" {
		a.Type = "t4g.micro"
	}
	if a.VolumeGiB == 0 {
		a.VolumeGiB = 8
	}
	rules := make([]Rule, len(a.Ingress))
	for i, r := range a.Ingress {
		if r.Protocol == "" {
			r.Protocol = "tcp"
		}
		if r.ToPort == 0 {
			r.ToPort = r.FromPort
		}
		rules[i] = r
	}
	a.Ingress = rules
	return a
}

var (
	typePattern  = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	imagePattern = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
)

func (a Args) check(name string) error {
	var p check.Problems
	if !typePattern.MatchString(a.Type) {
		p.Addf("Type", "%q is not an instance type such as t4g.micro", a.Type)
	}
	if a.ImageID != "" && !imagePattern.MatchString(a.ImageID) {
		p.Addf("ImageID", "%q is not an AMI such as ami-0123456789abcdef0", a.ImageID)
	}
	if (a.SubnetID == nil) != (a.VPCID == nil) {
		p.Addf("SubnetID", "SubnetID and VPCID go together: give both or none")
	}
	check.Between(&p, "VolumeGiB", a.VolumeGiB, 8, 16384)
	for i, r := range a.Ingress {
		r.check(&p, fmt.Sprintf("Ingress[%d]", i))
	}
	return p.Err("instance", name)
}

func (r Rule) check(p *check.Problems, field string) {
	check.OneOf(p, field+".Protocol", r.Protocol, "tcp", "udp")
	check.Between(p, field+".FromPort", r.FromPort, 1, 65535)
	if r.ToPort != r.FromPort {
		check.Between(p, field+".ToPort", r.ToPort, r.FromPort, 65535)
	}
	block, err := netip.ParsePrefix(r.CIDR)
	switch {
	case err != nil || !block.Addr().Is4():
		p.Addf(field+".CIDR", "%q is not an IPv4 block such as 10.0.0.0/16", r.CIDR)
	case block.Masked() != block:
		p.Addf(field+".CIDR", "%s has bits set behind /%d: did you mean %s?", block, block.Bits(), block.Masked())
	}
}

// architecture returns the processor of an instance type, in the words of AWS:
// a g behind the generation, as in t4g or c7gn, is for Graviton.
func architecture(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	family, _, _ = strings.Cut(family, "-")
	generation := strings.IndexAny(family, "0123456789")
	if family == "a1" || generation >= 0 && strings.Contains(family[generation:], "g") {
		return "arm64"
	}
	return "x86_64"
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"type":      pulumi.String(a.Type),
		"publicIp":  pulumi.Bool(a.PublicIP),
		"volumeGiB": pulumi.Int(a.VolumeGiB),
	}
	if a.ImageID != "" {
		m["imageId"] = pulumi.String(a.ImageID)
	}
	if len(a.Ingress) > 0 {
		rules := pulumi.Array{}
		for _, r := range a.Ingress {
			rules = append(rules, r.inputs())
		}
		m["ingress"] = rules
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	for key, in := range map[string]pulumi.StringInput{
		"subnetId": a.SubnetID, "vpcId": a.VPCID, "userData": a.UserData, "policy": a.Policy,
	} {
		if in != nil {
			m[key] = in
		}
	}
	return m
}

func (r Rule) inputs() pulumi.Map {
	return pulumi.Map{
		"description": pulumi.String(r.Description),
		"protocol":    pulumi.String(r.Protocol),
		"fromPort":    pulumi.Int(r.FromPort),
		"toPort":      pulumi.Int(r.ToPort),
		"cidr":        pulumi.String(r.CIDR),
	}
}
