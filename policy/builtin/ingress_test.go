package builtin_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/builtin"
)

const (
	group     = "aws:ec2/securityGroup:SecurityGroup"
	groupRule = "aws:ec2/securityGroupRule:SecurityGroupRule"
	vpcRule   = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	lightsail = "aws:lightsail/instancePublicPorts:InstancePublicPorts"
)

// in is a group with one rule.
func in(protocol string, from, to any, sources inputs) policy.Change {
	rule := map[string]any{"protocol": protocol, "fromPort": from, "toPort": to}
	for k, v := range sources {
		rule[k] = v
	}
	return some(group, inputs{"ingress": []any{rule}})
}

func TestTheInternetReachesNoAdministrativePort(t *testing.T) {
	t.Parallel()
	everybody := inputs{"cidrBlocks": []any{"0.0.0.0/0"}}
	six := inputs{"ipv6CidrBlocks": []any{"::/0"}}
	reach := func(source, port string) string { return "the internet (" + source + ") can reach " + port }
	const unclear = "cannot tell whether the internet can reach an administrative port: "
	judge(t, builtin.NoPublicAdminPorts(policy.Mandatory, nil), []row{
		{"SSH for all", in("tcp", 22.0, 22.0, everybody), reach("0.0.0.0/0", "port 22")},
		{"SSH for all, over IPv6", in("tcp", 22.0, 22.0, six), reach("::/0", "port 22")},
		{"remote desktop in a range", in("tcp", 3000.0, 4000.0, everybody), reach("0.0.0.0/0", "port 3389")},
		{"all ports", in("tcp", 0.0, 65535.0, everybody), reach("0.0.0.0/0", "port 22")},
		{"all traffic", in("-1", 0.0, 0.0, everybody), reach("0.0.0.0/0", "every port")},
		{"by number", in("6", 22.0, 22.0, everybody), reach("0.0.0.0/0", "port 22")},
		{"over UDP", in("udp", 3389.0, 3389.0, everybody), reach("0.0.0.0/0", "port 3389")},
		{"ports as texts", in("tcp", "22", "22", everybody), reach("0.0.0.0/0", "port 22")},
		{"the web for all", in("tcp", 443.0, 443.0, everybody), ""},
		{"beside", in("tcp", 24.0, 3388.0, everybody), ""},
		{"ping for all", in("icmp", -1.0, -1.0, everybody), ""},
		{"half of the internet", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{"10.0.0.0/8", "128.0.0.0/1"}}), reach("128.0.0.0/1", "port 22")},
		{"an eighth, over IPv6", in("tcp", 22.0, 22.0, inputs{"ipv6CidrBlocks": []any{"2000::/3"}}), reach("2000::/3", "port 22")},
		{"IPv4 in IPv6", in("tcp", 22.0, 22.0, inputs{"ipv6CidrBlocks": []any{"::ffff:0.0.0.0/96"}}), reach("::ffff:0.0.0.0/96", "port 22")},
		{"the office", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{"198.51.100.0/24"}}), ""},
		{"private networks", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{"10.0.0.0/8"}, "ipv6CidrBlocks": []any{"fc00::/7", "fe80::/10"}}), ""},
		{"another group", in("tcp", 22.0, 22.0, inputs{"securityGroups": []any{"sg-1"}}), ""},
		{"one source not known", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{policy.Unknown}}), unclear + "ingress[0].cidrBlocks[0] is known only after the update"},
		{"sources not known", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": policy.Unknown}), unclear + "ingress[0].cidrBlocks is known only after the update"},
		{"a secret source", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{policy.Masked}}), unclear + "ingress[0].cidrBlocks[0] is secret"},
		{"a source not known, for the web", in("tcp", 443.0, 443.0, inputs{"cidrBlocks": policy.Unknown}), ""},
		{"no range", in("tcp", 22.0, 22.0, inputs{"cidrBlocks": []any{"everybody"}}), unclear + "ingress[0].cidrBlocks[0] is not of the type that was expected"},
		{"a port not known", in("tcp", policy.Unknown, 22.0, everybody), unclear + "ingress[0].fromPort is known only after the update"},
		{"a protocol not known", in(policy.Unknown, 22.0, 22.0, everybody), unclear + "ingress[0].protocol is known only after the update"},
		{"rules not known", some(group, inputs{"ingress": policy.Unknown}), unclear + "ingress is known only after the update"},
		{"a rule not known", some(group, inputs{"ingress": []any{policy.Unknown}}), unclear + "ingress[0].cidrBlocks is known only after the update"},
		{"no rules", some(group, nil), ""},
		{"what goes out", some(group, inputs{"egress": []any{map[string]any{"protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}}}), ""},
		{"the default group", some("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", inputs{"ingress": []any{map[string]any{"protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}}}), reach("0.0.0.0/0", "every port")},
		{"a rule by itself", some(groupRule, inputs{"type": "ingress", "protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": []any{"0.0.0.0/0"}}), reach("0.0.0.0/0", "port 22")},
		{"a rule that is perhaps for what comes in", some(groupRule, inputs{"type": policy.Unknown, "protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": []any{"0.0.0.0/0"}}), reach("0.0.0.0/0", "port 22")},
		{"a rule for what goes out", some(groupRule, inputs{"type": "egress", "protocol": "-1", "cidrBlocks": []any{"0.0.0.0/0"}}), ""},
		{"a newer rule", some(vpcRule, inputs{"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "0.0.0.0/0"}), reach("0.0.0.0/0", "port 22")},
		{"a newer rule, over IPv6", some(vpcRule, inputs{"ipProtocol": "-1", "cidrIpv6": "::/0"}), reach("::/0", "every port")},
		{"a newer rule for a group", some(vpcRule, inputs{"ipProtocol": "-1", "referencedSecurityGroupId": policy.Unknown}), ""},
		{"Lightsail", some(lightsail, inputs{"portInfos": []any{map[string]any{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrs": []any{"0.0.0.0/0"}}}}), reach("0.0.0.0/0", "port 22")},
	})
}

func TestOtherPortsCanBeNamed(t *testing.T) {
	t.Parallel()
	everybody := inputs{"cidrBlocks": []any{"0.0.0.0/0"}}
	judge(t, builtin.NoPublicAdminPorts(policy.Mandatory, []int{5432}), []row{
		{"Postgres", in("tcp", 5432.0, 5432.0, everybody), "the internet (0.0.0.0/0) can reach port 5432"},
		{"SSH", in("tcp", 22.0, 22.0, everybody), ""},
	})
}
