package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	loadBalancerToken = "aws:lb/loadBalancer:LoadBalancer"
	targetGroupToken  = "aws:lb/targetGroup:TargetGroup"
	listenerToken     = "aws:lb/listener:Listener"
	listenerRuleToken = "aws:lb/listenerRule:ListenerRule"
)

var lbName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]{0,30}[0-9A-Za-z])?$`)

const lbNameRule = "can only contain letters, digits and inner hyphens, at most 32"

// albZones are the hosted zones of load balancers, by region, as AWS documents
// them.
var albZones = map[string]string{
	"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
	"eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4",
	"eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO", "ap-southeast-1": "Z1LMS91P8CMLE5",
	"ap-southeast-2": "Z1GM3OXH4ZPM65", "ap-northeast-1": "Z14GRHDCWA56QT",
}

// inGroup is the link of something that is in security groups.
func inGroup(path string) Link {
	return Link{
		Path: path, To: []Target{{groupToken, "id"}},
		Missing: Error{"InvalidGroup.NotFound", "The security group '%s' does not exist"},
		Holds:   Error{"DependencyViolation", "resource %s has a dependent object"},
	}
}

func toTargetGroup(path string) Link {
	return Link{
		Path: path, To: []Target{{targetGroupToken, "arn"}},
		Missing: Error{"TargetGroupNotFound", "One or more target groups not found: %s"},
		Holds:   Error{"ResourceInUse", "Target group '%s' is currently in use by a listener or a rule"},
	}
}

var lb = map[string]Behaviour{
	loadBalancerToken: {
		Check: all(pattern("name", lbName, lbNameRule), between("idleTimeout", 1, 4000),
			oneOf("loadBalancerType", "application", "network", "gateway"), checkInternal),
		Links:   []Link{inSubnet("subnets[]"), inGroup("securityGroups[]")},
		Unique:  &Unique{[]string{"name"}, Error{"DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings"}},
		Refuse:  inTwoZones,
		ID:      func(c *Call) string { return c.ARN("elasticloadbalancing", "loadbalancer/"+c.lbPath()) },
		Outputs: loadBalancerOutputs,
		Keep: func(r Resource) error {
			if r.State.Flag("enableDeletionProtection") {
				return refuse("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", r.ID)
			}
			return nil
		},
	},
	targetGroupToken: {
		Check: all(pattern("name", lbName, lbNameRule), between("port", 1, 65535), between("deregistrationDelay", 0, 3600),
			oneOf("targetType", "instance", "ip", "lambda", "alb"),
			oneOf("protocol", "GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP")),
		Links:  []Link{inVPC},
		Unique: &Unique{[]string{"name"}, Error{"DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings"}},
		ID: func(c *Call) string {
			return c.ARN("elasticloadbalancing", "targetgroup/"+c.In.Text("name")+"/"+c.hex("target group", 16))
		},
		Outputs: func(c *Call, out Object) {
			out["arn"], out["arnSuffix"] = c.ID, suffix(c.ID, "targetgroup/")
			out.put("ipAddressType", "ipv4")
			out.put("loadBalancingAlgorithmType", "round_robin")
		},
	},
	listenerToken: {
		Check: all(between("port", 1, 65535), checkListener),
		Links: []Link{
			{Path: "loadBalancerArn", To: []Target{{loadBalancerToken, "arn"}}, Missing: Error{"LoadBalancerNotFound", "Load balancer '%s' not found"}},
			toTargetGroup("defaultActions[].targetGroupArn"),
		},
		Refuse: admitListener,
		ID: func(c *Call) string {
			return strings.Replace(c.In.Text("loadBalancerArn"), ":loadbalancer/", ":listener/", 1) + "/" + c.hex("listener", 16)
		},
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ID
			if out.Text("protocol") == "HTTPS" {
				out.put("sslPolicy", "ELBSecurityPolicy-2016-08")
			}
		},
	},
	listenerRuleToken: {
		Check: between("priority", 1, 50000),
		Links: []Link{
			{Path: "listenerArn", To: []Target{{listenerToken, "arn"}}, Missing: Error{"ListenerNotFound", "One or more listeners not found: %s"}},
			toTargetGroup("actions[].targetGroupArn"),
		},
		ID: func(c *Call) string {
			return strings.Replace(c.In.Text("listenerArn"), ":listener/", ":listener-rule/", 1) + "/" + c.hex("rule", 16)
		},
		Outputs: func(c *Call, out Object) { out["arn"] = c.ID },
	},
}

// lbPath is "app/name/0123456789abcdef".
func (c *Call) lbPath() string {
	kind := map[string]string{"network": "net", "gateway": "gwy"}[c.In.Text("loadBalancerType")]
	if kind == "" {
		kind = "app"
	}
	return kind + "/" + c.In.Text("name") + "/" + c.hex("load balancer", 16)
}

func suffix(arn, from string) string { return arn[max(strings.Index(arn, from), 0):] }

func loadBalancerOutputs(c *Call, out Object) {
	out["arn"] = c.ID
	out["arnSuffix"] = strings.TrimPrefix(suffix(c.ID, "loadbalancer/"), "loadbalancer/")
	scheme := ""
	if out.Flag("internal") {
		scheme = "internal-"
	}
	out["dnsName"] = fmt.Sprintf("%s%s-%d.%s.elb.%s", scheme, out.Text("name"), number(c.Key, "dns", 1<<31), c.Region, c.Suffix())
	out["zoneId"] = albZones[c.Region]
	out.put("zoneId", "Z"+strings.ToUpper(digits(c.Region, "elb zone", 13)))
	if subnets := out.text("subnets[]"); len(subnets) > 0 {
		if s, ok := c.find(subnetToken, subnets[0], "id"); ok {
			out["vpcId"] = s.State.Text("vpcId")
		}
	}
}

func checkInternal(in Object) []Failure {
	if strings.HasPrefix(in.Text("name"), "internal-") {
		return []Failure{{"name", "cannot begin with \"internal-\": " + in.Text("name")}}
	}
	return nil
}

// inTwoZones refuses an application load balancer in fewer than two zones, or
// twice in one.
func inTwoZones(c *Call) error {
	if kind := c.In.Text("loadBalancerType"); kind != "" && kind != "application" {
		return nil
	}
	zones := map[string]bool{}
	subnets := c.In.text("subnets[]")
	for _, s := range subnets {
		zone, _, err := c.place(s)
		if err != nil {
			return err
		}
		if zones[zone] {
			return refuse("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[zone] = true
	}
	if len(subnets) == 1 {
		return refuse("ValidationError", "At least two subnets in two different Availability Zones must be specified")
	}
	return nil
}

// checkListener wants a certificate for HTTPS and none for HTTP.
func checkListener(in Object) []Failure {
	_, certificate := in["certificateArn"]
	switch protocol := in.Text("protocol"); {
	case protocol == "HTTPS" && !certificate:
		return []Failure{{"certificateArn", "certificate_arn is required when protocol is HTTPS"}}
	case protocol == "HTTP" && certificate:
		return []Failure{{"certificateArn", "certificate_arn is only for the protocols HTTPS and TLS"}}
	}
	return nil
}

// admitListener refuses the certificate of another region, and a second
// listener on a port.
func admitListener(c *Call) error {
	arn := c.In.Text("certificateArn")
	parts := strings.Split(arn, ":")
	if arn != "" && (len(parts) < 4 || parts[2] != "iam" && parts[3] != c.Region) {
		return refuse("CertificateNotFound", "Certificate '%s' not found", arn)
	}
	if c.Update {
		return nil
	}
	others, err := c.Cloud.All(listenerToken)
	if err != nil {
		return err
	}
	for _, l := range others {
		if l.State.Text("loadBalancerArn") == c.In.Text("loadBalancerArn") && l.State["port"] == c.In["port"] {
			return refuse("DuplicateListener", "A listener already exists on port %v for this load balancer '%s'", c.In["port"], c.In.Text("loadBalancerArn"))
		}
	}
	return nil
}
