package securitygroup

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// The protocols of a rule.
const (
	TCP = "tcp"
	UDP = "udp"
	// All is every protocol on every port.
	All = "all"
)

// Rule allows connections between the members of a group and some peers.
type Rule struct {
	// Description says what for, in the characters of Args.Description.
	Description string
	// Protocol is TCP, UDP or All. Default TCP.
	Protocol string
	// FromPort and ToPort are the range, 1 to 65535. ToPort defaults to FromPort.
	// All has none.
	FromPort, ToPort int
	// Peers are at the other end.
	Peers Peers
}

// Peers are the other ends of connections.
type Peers struct {
	// CIDRs are blocks of IPv4 or IPv6 addresses such as 10.0.0.0/16.
	CIDRs []string
	// Groups are the ids of security groups whose members are meant, by a short
	// name that says who they are, such as "app". The name becomes part of the
	// rule's: a group can be replaced under it.
	Groups map[string]pulumi.StringInput
}

// Anyone is every address there is.
func Anyone() Peers { return Peers{CIDRs: []string{"0.0.0.0/0", "::/0"}} }

// AnyOut is the egress of members that may reach whatever they want.
func AnyOut() []Rule { return []Rule{{Description: "Everything out", Protocol: All, Peers: Anyone()}} }

var (
	description = regexp.MustCompile(`^[0-9A-Za-z ._:/()#,@\[\]+=&;{}!$*-]*$`)
	groupLabel  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)
)

// Check notes what is wrong with the rule.
func (r Rule) Check(p *check.Problems, field string) {
	r = r.withDefaults()
	check.OneOf(p, field+".Protocol", r.Protocol, TCP, UDP, All)
	switch {
	case r.Protocol != All:
		check.Between(p, field+".FromPort", r.FromPort, 1, 65535)
		if r.ToPort != r.FromPort {
			check.Between(p, field+".ToPort", r.ToPort, r.FromPort, 65535)
		}
	case r.FromPort != 0 || r.ToPort != 0:
		p.Addf(field+".FromPort", "all protocols means all ports: leave the ports out")
	}
	if len(r.Description) > 255 || !description.MatchString(r.Description) {
		p.Addf(field+".Description", "%q is not a description that EC2 accepts", r.Description)
	}
	if len(r.Peers.CIDRs)+len(r.Peers.Groups) == 0 {
		p.Addf(field+".Peers", "nobody is named: give CIDRs or Groups")
	}
	r.Peers.Check(p, field+".Peers")
}

// Check notes what is wrong with the peers. None at all is right.
func (s Peers) Check(p *check.Problems, field string) {
	for i, c := range s.CIDRs {
		at := fmt.Sprintf("%s.CIDRs[%d]", field, i)
		block, err := netip.ParsePrefix(c)
		switch {
		case err != nil:
			p.Addf(at, "%q is not an address block such as 10.0.0.0/16", c)
		case block.Masked() != block:
			p.Addf(at, "%s has bits set behind /%d: did you mean %s?", block, block.Bits(), block.Masked())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
		if !groupLabel.MatchString(name) {
			p.Addf(field+".Groups", "%q is not a short name such as app: letters, digits, dots, hyphens and underscores", name)
		}
		if s.Groups[name] == nil {
			p.Addf(field+".Groups", "%q has no security group id", name)
		}
	}
}

// Inputs is what the state of a component records of the peers, nil when there
// are none.
func (s Peers) Inputs() pulumi.Input {
	m := pulumi.Map{}
	if len(s.CIDRs) > 0 {
		m["cidrs"] = pulumi.ToStringArray(s.CIDRs)
	}
	if len(s.Groups) > 0 {
		m["groups"] = pulumi.StringMap(s.Groups)
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func (r Rule) withDefaults() Rule {
	if r.Protocol == "" {
		r.Protocol = TCP
	}
	if r.ToPort == 0 {
		r.ToPort = r.FromPort
	}
	return r
}

// single is a rule with one peer, which is what EC2 calls a rule.
type single struct {
	Rule
	cidr  string
	group string
}

// each takes rules apart, in an order that never changes.
func each(rules []Rule) []single {
	var out []single
	for _, r := range rules {
		r = r.withDefaults()
		for _, c := range r.Peers.CIDRs {
			out = append(out, single{Rule: r, cidr: c})
		}
		for _, g := range slices.Sorted(maps.Keys(r.Peers.Groups)) {
			out = append(out, single{Rule: r, group: g})
		}
	}
	return out
}

// checkRules notes what is wrong with the rules. Two that allow the same are
// refused, as EC2 does.
func checkRules(p *check.Problems, field string, rules []Rule) {
	for i, r := range rules {
		r.Check(p, fmt.Sprintf("%s[%d]", field, i))
	}
	seen := map[string]bool{}
	for _, r := range each(rules) {
		if seen[r.label()] {
			p.Addf(field, "%s is allowed twice", r.label())
		}
		seen[r.label()] = true
	}
}

// label is what the rule allows, as the end of its name: tcp-5432-10.0.0.0-16.
func (r single) label() string {
	peer := r.group
	switch r.cidr {
	case "":
	case "0.0.0.0/0":
		peer = "anywhere"
	case "::/0":
		peer = "anywhere-ipv6"
	default:
		peer = strings.NewReplacer("/", "-", ":", "-").Replace(r.cidr)
	}
	switch {
	case r.Protocol == All:
		return All + "-" + peer
	case r.FromPort == r.ToPort:
		return fmt.Sprintf("%s-%d-%s", r.Protocol, r.FromPort, peer)
	}
	return fmt.Sprintf("%s-%d-%d-%s", r.Protocol, r.FromPort, r.ToPort, peer)
}

func (r single) protocol() string {
	if r.Protocol == All {
		return "-1"
	}
	return r.Protocol
}

func (r single) description() pulumi.StringPtrInput {
	if r.Description == "" {
		return nil
	}
	return pulumi.String(r.Description)
}

func (r single) from() pulumi.IntPtrInput { return r.port(r.FromPort) }
func (r single) to() pulumi.IntPtrInput   { return r.port(r.ToPort) }

func (r single) port(n int) pulumi.IntPtrInput {
	if r.Protocol == All {
		return nil
	}
	return pulumi.Int(n)
}

func (r single) ipv4() pulumi.StringPtrInput { return r.block(false) }
func (r single) ipv6() pulumi.StringPtrInput { return r.block(true) }

// block is the address block if it is of that family.
func (r single) block(ipv6 bool) pulumi.StringPtrInput {
	if r.cidr == "" || strings.Contains(r.cidr, ":") != ipv6 {
		return nil
	}
	return pulumi.String(r.cidr)
}

func (r single) groupID() pulumi.StringPtrInput {
	if r.group == "" {
		return nil
	}
	return r.Peers.Groups[r.group].ToStringOutput().ToStringPtrOutput()
}
