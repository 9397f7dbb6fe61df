package builtin

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/trunkline-dev/trunkline/policy"
)

// AdminPorts are SSH, Telnet, Remote Desktop and Windows Remote Management.
func AdminPorts() []int { return []int{22, 23, 3389, 5985, 5986} }

// NoPublicAdminPorts is the policy no-public-admin-ports: no security group lets
// the internet reach a port by which machines are administered. Such ports are
// found by scanners within minutes, and one weak password is enough. Use Session
// Manager, a VPN, or the addresses of your offices.
//
// ports are the ports, AdminPorts when nil. It looks at all forms that rules have:
// in the group, in the default group, and the two kinds of rules by themselves,
// over IPv4 and IPv6, ranges of ports and "all traffic", and at Lightsail's ports.
// The internet is every range of public addresses wider than /8, or /32 for IPv6.
//
// To be exempt: name narrower ranges, or add an exemption for the rule.
func NoPublicAdminPorts(level policy.Level, ports []int, opts ...policy.Option) policy.Policy {
	if ports == nil {
		ports = AdminPorts()
	}
	check := func(c policy.Change, r policy.Reporter) {
		if !c.Stays() {
			return
		}
		rules, unclear := rulesOf(c)
		if unclear != nil {
			r.Unclear(*unclear, "the internet can reach an administrative port")
		}
		for _, rule := range rules {
			rule.check(ports, r)
		}
	}
	types := policy.Types("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
		"aws:ec2/securityGroupRule:SecurityGroupRule", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
		"aws:lightsail/instancePublicPorts:InstancePublicPorts")
	doc := policy.Doc("The internet reaches no port by which machines are administered.")
	return policy.Resource("no-public-admin-ports", level, check, append([]policy.Option{doc, types, policy.Unchanged()}, opts...)...)
}

// rule is one rule of a security group, in whatever form.
type rule struct {
	protocol, from, to policy.Value
	sources            []policy.Value // ranges of addresses, and lists of them
}

// rulesOf reads the rules for incoming traffic. unclear is a list of them that
// cannot be read.
func rulesOf(c policy.Change) (rules []rule, unclear *policy.Value) {
	list := c.New("ingress")
	switch c.Type {
	case "aws:ec2/securityGroupRule:SecurityGroupRule":
		if c.New("type").Is("egress") == policy.Yes {
			return nil, nil
		}
		return []rule{ruleAt(c.New(""), "protocol", "cidrBlocks", "ipv6CidrBlocks")}, nil
	case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
		return []rule{ruleAt(c.New(""), "ipProtocol", "cidrIpv4", "cidrIpv6")}, nil
	case "aws:lightsail/instancePublicPorts:InstancePublicPorts":
		list = c.New("portInfos")
	}
	each, a := list.List()
	if a == policy.Unclear {
		return nil, &list
	}
	for _, v := range each {
		rules = append(rules, ruleAt(v, "protocol", "cidrBlocks", "ipv6CidrBlocks", "cidrs", "ipv6Cidrs"))
	}
	return rules, nil
}

func ruleAt(v policy.Value, protocol string, sources ...string) rule {
	out := rule{protocol: v.At(protocol), from: v.At("fromPort"), to: v.At("toPort")}
	for _, s := range sources {
		out.sources = append(out.sources, v.At(s))
	}
	return out
}

func (x rule) check(ports []int, r policy.Reporter) {
	source, public := x.public()
	port, open := x.opens(ports)
	switch {
	case public == policy.No || open == policy.No:
	case public == policy.Unclear:
		r.Unclear(source, "the internet can reach an administrative port")
	case open == policy.Unclear:
		r.Unclear(port.unclear, "the internet can reach an administrative port")
	default:
		text, _ := source.Text()
		r.Report("the internet (%s) can reach %s", text, port.name)
	}
}

// public tells whether the rule lets the internet in, and by which range.
func (x rule) public() (policy.Value, policy.Answer) {
	var unclear *policy.Value
	for _, s := range x.sources {
		ranges := []policy.Value{s}
		if list, a := s.List(); a == policy.Yes {
			ranges = list
		}
		for _, v := range ranges {
			switch isInternet(v) {
			case policy.Yes:
				return v, policy.Yes
			case policy.Unclear:
				if unclear == nil {
					unclear = &v
				}
			}
		}
	}
	if unclear != nil {
		return *unclear, policy.Unclear
	}
	return policy.Value{}, policy.No
}

// private are the wide ranges that are not the internet's.
var private = []netip.Prefix{netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10")}

// isInternet tells whether a range of addresses is a large part of the internet.
func isInternet(v policy.Value) policy.Answer {
	text, a := v.Text()
	if a != policy.Yes {
		return a
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return policy.Unclear
	}
	addr, bits := p.Addr(), p.Bits()
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	inside := func(q netip.Prefix) bool { return q.Contains(addr) && bits >= q.Bits() }
	if addr.Is4() && bits < 8 || addr.Is6() && bits < 32 && !slices.ContainsFunc(private, inside) {
		return policy.Yes
	}
	return policy.No
}

// reached says which port a rule opens, or why that is unclear.
type reached struct {
	name    string
	unclear policy.Value
}

// opens tells whether the rule opens one of the ports.
func (x rule) opens(ports []int) (reached, policy.Answer) {
	protocol, a := x.protocol.Text()
	if a != policy.Yes {
		return reached{unclear: x.protocol}, policy.Unclear
	}
	switch protocol {
	case "-1", "all":
		return reached{name: "every port"}, policy.Yes
	case "tcp", "6", "udp", "17", "TCP", "UDP":
	default:
		return reached{}, policy.No // a protocol without ports
	}
	from, fromKnown := x.from.Int()
	to, toKnown := x.to.Int()
	switch {
	case fromKnown == policy.Unclear:
		return reached{unclear: x.from}, policy.Unclear
	case toKnown == policy.Unclear:
		return reached{unclear: x.to}, policy.Unclear
	case fromKnown == policy.No || toKnown == policy.No || from < 0 || to < 0:
		return reached{name: "every port"}, policy.Yes
	}
	for _, p := range ports {
		if from <= p && p <= to {
			return reached{name: fmt.Sprintf("port %d", p)}, policy.Yes
		}
	}
	return reached{}, policy.No
}
