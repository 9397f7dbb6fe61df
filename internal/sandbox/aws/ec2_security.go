package aws

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// toGroup is the link of something that is a member of security groups.
func toGroup(path string) Link {
	return Link{
		Path: path, To: []Target{{groupToken, "id"}, {vpcToken, "defaultSecurityGroupId"}},
		Missing: Error{"InvalidGroup.NotFound", "The security group '%s' does not exist"},
		Holds:   Error{"DependencyViolation", "resource %s has a dependent object"},
	}
}

// ofGroup is the link of a rule to its own group, which goes with it.
func ofGroup(path string) Link {
	l := toGroup(path)
	l.Holds = Error{}
	return l
}

var groupText = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)

var ec2Security = map[string]Behaviour{
	groupToken: {
		Check: all(checkGroup, cidr("ingress[].cidrBlocks[]", "egress[].cidrBlocks[]"),
			pattern("description", groupText, "doesn't comply with restrictions of a security group's description")),
		Links: []Link{inVPC, toGroup("ingress[].securityGroups[]"), toGroup("egress[].securityGroups[]")},
		Unique: &Unique{Properties: []string{"name", "vpcId"},
			Taken: Error{"InvalidGroup.Duplicate", "The security group '%s' already exists for VPC"}},
		ID: func(c *Call) string { return c.id("sg") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "security-group/"+c.ID)
			out["ownerId"] = c.Account
			out.put("vpcId", c.defaultVPC())
			if out["namePrefix"] == nil {
				out["namePrefix"] = ""
			}
		},
	},
	"aws:ec2/securityGroupRule:SecurityGroupRule": {
		Check: all(oneOf("type", "ingress", "egress"), cidr("cidrBlocks[]", "ipv6CidrBlocks[]")),
		Links: []Link{ofGroup("securityGroupId"), toGroup("sourceSecurityGroupId")},
		ID:    func(c *Call) string { return fmt.Sprintf("sgrule-%d", number(c.Key, "rule", 1<<32)) },
		Outputs: func(c *Call, out Object) {
			out["securityGroupRuleId"] = c.id("sgr")
		},
	},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": groupRule,
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   groupRule,
}

var groupRule = Behaviour{
	Check:  all(cidr("cidrIpv4", "cidrIpv6"), checkRule),
	Links:  []Link{ofGroup("securityGroupId"), toGroup("referencedSecurityGroupId")},
	Refuse: refuseRule,
	ID:     func(c *Call) string { return c.id("sgr") },
	Outputs: func(c *Call, out Object) {
		out["arn"] = c.ARN("ec2", "security-group-rule/"+c.ID)
		out["securityGroupRuleId"] = c.ID
	},
}

func checkGroup(in Object) []Failure {
	name := in.Text("name")
	switch {
	case strings.HasPrefix(name, "sg-"):
		return []Failure{{"name", fmt.Sprintf("invalid value for name (cannot begin with sg-): %s", name)}}
	case len(name) > 255:
		return []Failure{{"name", fmt.Sprintf("expected length of name to be in the range (0 - 255), got %d", len(name))}}
	}
	return nil
}

// checkRule: a rule has exactly one source.
func checkRule(in Object) []Failure {
	var given []string
	for _, k := range []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"} {
		if v, ok := in[k]; ok && v != nil {
			given = append(given, k)
		}
	}
	if len(given) == 1 {
		return nil
	}
	return []Failure{{"cidrIpv4", fmt.Sprintf("exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId must be given, got %d", len(given))}}
}

func refuseRule(c *Call) error {
	if c.Update {
		return nil
	}
	rules, err := c.Cloud.All(c.Token)
	if err != nil {
		return err
	}
	for _, r := range rules {
		same := true
		for _, k := range []string{"securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"} {
			same = same && reflect.DeepEqual(r.State[k], c.In[k])
		}
		if same {
			return refuse("InvalidPermission.Duplicate", "the specified rule already exists in %s", c.In.Text("securityGroupId"))
		}
	}
	return nil
}
