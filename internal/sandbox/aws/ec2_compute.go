package aws

import (
	"regexp"
	"slices"
	"strings"
)

var (
	instanceType = regexp.MustCompile(`^[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)$`)
	imageID      = regexp.MustCompile(`^ami-[0-9a-f]{8}([0-9a-f]{9})?$`)
)

var ec2Compute = map[string]Behaviour{
	instanceToken: {
		Check: all(
			pattern("instanceType", instanceType, "is not an instance type, such as t4g.micro"),
			pattern("ami", imageID, "is not an image ID, such as ami-0c02fb55956c7d316"),
			oneOf("tenancy", "default", "dedicated", "host")),
		Links: []Link{
			inSubnet("subnetId"),
			toGroup("vpcSecurityGroupIds[]"),
			{
				Path: "iamInstanceProfile", To: []Target{{profileToken, "name"}, {profileToken, "arn"}},
				Missing: Error{"InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"},
			},
		},
		Refuse: func(c *Call) error {
			if !c.In.has("ami") && !c.In.has("launchTemplate") {
				return refuse("MissingParameter", "The request must contain the parameter ImageId")
			}
			if !c.In.has("instanceType") && !c.In.has("launchTemplate") {
				return refuse("MissingParameter", "The request must contain the parameter InstanceType")
			}
			return nil
		},
		ID:      func(c *Call) string { return c.id("i") },
		Outputs: instanceOutputs,
	},
	"aws:ec2/flowLog:FlowLog": {
		Check: all(oneOf("trafficType", "ACCEPT", "REJECT", "ALL"), oneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose")),
		Links: []Link{
			{Path: "vpcId", To: inVPC.To, Missing: inVPC.Missing},
			{Path: "subnetId", To: []Target{{subnetToken, "id"}}, Missing: inSubnet("").Missing},
			{
				Path: "iamRoleArn", To: []Target{{roleToken, "arn"}},
				Missing: Error{"InvalidParameter", "Access Denied for LogDestination: the role %s cannot be assumed"},
			},
		},
		ID: func(c *Call) string { return c.id("fl") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "vpc-flow-log/"+c.ID)
			out.put("logFormat", "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}")
			if d := out.Text("logDestination"); strings.Contains(d, ":log-group:") {
				out.put("logGroupName", strings.TrimSuffix(d[strings.Index(d, ":log-group:")+len(":log-group:"):], ":*"))
			}
		},
	},
}

func instanceOutputs(c *Call, out Object) {
	out["arn"] = c.ARN("ec2", "instance/"+c.ID)
	out["instanceState"] = "running"
	out["primaryNetworkInterfaceId"] = c.id("eni")
	out.put("subnetId", c.defaultSubnet())
	if ip, err := c.privateIP(out.Text("subnetId")); err == nil {
		out.put("privateIp", ip)
	}
	out["privateDns"] = privateDNS(c.Scope, out.Text("privateIp"))
	zone, public, err := c.place(out.Text("subnetId"))
	if err != nil {
		return
	}
	out.put("availabilityZone", zone)
	out.put("associatePublicIpAddress", public)
	out["publicIp"], out["publicDns"] = "", ""
	if out.Flag("associatePublicIpAddress") {
		ip := c.publicIP()
		out["publicIp"], out["publicDns"] = ip, publicDNS(c.Scope, ip)
	}
	if len(out.At("vpcSecurityGroupIds")) == 0 && len(out.text("securityGroups[]")) == 0 {
		out["vpcSecurityGroupIds"] = []any{c.defaultGroup()}
	}
	out.put("tenancy", "default")
	out.put("instanceInitiatedShutdownBehavior", "stop")
	out.put("cpuCoreCount", 1.0)
	out.put("cpuThreadsPerCore", 2.0)
	rootDevice(c, out)
	if out["metadataOptions"] == nil {
		out["metadataOptions"] = map[string]any{"httpEndpoint": "enabled", "httpTokens": "optional",
			"httpPutResponseHopLimit": 1.0, "httpProtocolIpv6": "disabled", "instanceMetadataTags": "disabled"}
	}
}

// place returns the zone of a subnet and whether it gives out public addresses.
func (c *Call) place(subnetID string) (zone string, public bool, err error) {
	subnets, err := c.Cloud.All(subnetToken)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(subnets, func(r Resource) bool { return r.ID == subnetID })
	if i < 0 { // the default subnet
		return Zones(c.Region)[0], true, nil
	}
	return subnets[i].State.Text("availabilityZone"), subnets[i].State.Flag("mapPublicIpOnLaunch"), nil
}

// rootDevice fills in the volume that every instance has.
func rootDevice(c *Call, out Object) {
	device, _ := out["rootBlockDevice"].(map[string]any)
	root := Object{}
	for k, v := range device {
		root[k] = v
	}
	root.put("volumeId", c.id("vol"))
	root.put("volumeSize", 8.0)
	root.put("volumeType", "gp3")
	root.put("deviceName", "/dev/xvda")
	root.put("deleteOnTermination", true)
	root.put("encrypted", false)
	root.put("iops", 3000.0)
	root.put("throughput", 125.0)
	out["rootBlockDevice"] = map[string]any(root)
}
