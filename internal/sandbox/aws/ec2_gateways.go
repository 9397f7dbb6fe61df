package aws

import (
	"regexp"
	"strings"
)

// Links to gateways, as routes and associations have them.
var (
	igwMissing = Error{"InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist"}
	natMissing = Error{"InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist"}
)

var serviceName = regexp.MustCompile(`^(com\.amazonaws\.|aws\.|cn\.com\.amazonaws\.|[a-z0-9.-]+\.vpce-svc-)`)

var ec2Gateways = map[string]Behaviour{
	igwToken: {
		Links: []Link{inVPC},
		ID:    func(c *Call) string { return c.id("igw") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "internet-gateway/"+c.ID)
			out["ownerId"] = c.Account
		},
	},
	eipToken: {
		Check: oneOf("domain", "vpc", "standard"),
		Links: []Link{{
			Path: "instance", To: []Target{{instanceToken, "id"}},
			Missing: Error{"InvalidInstanceID.NotFound", "The instance ID '%s' does not exist"},
		}},
		ID: func(c *Call) string { return c.id("eipalloc") },
		Outputs: func(c *Call, out Object) {
			ip := c.publicIP()
			out["allocationId"] = c.ID
			out["arn"] = c.ARN("ec2", "elastic-ip/"+c.ID)
			out["publicIp"] = ip
			out["publicDns"] = publicDNS(c.Scope, ip)
			out["ptrRecord"] = ""
			out.put("domain", "vpc")
			out.put("networkBorderGroup", c.Region)
			out.put("publicIpv4Pool", "amazon")
			out["associationId"] = ""
			if out.has("instance") || out.has("networkInterface") {
				out["associationId"] = c.id("eipassoc")
			}
		},
	},
	natToken: {
		Check: oneOf("connectivityType", "public", "private"),
		Links: []Link{
			inSubnet("subnetId"),
			{
				Path: "allocationId", To: []Target{{eipToken, "id"}},
				Missing: Error{"InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist"},
				Holds:   Error{"AuthFailure", "You do not have permission to access the specified resource: the address '%s' is in use."},
			},
		},
		Refuse: refuseNAT,
		ID:     func(c *Call) string { return "nat-0" + c.hex("nat", 16) },
		Outputs: func(c *Call, out Object) {
			out["networkInterfaceId"] = c.id("eni")
			if ip, err := c.privateIP(out.Text("subnetId")); err == nil {
				out.put("privateIp", ip)
			}
			if !out.has("allocationId") {
				return
			}
			out["associationId"] = c.id("eipassoc")
			eips, err := c.Cloud.All(eipToken)
			for _, e := range eips {
				if err == nil && e.ID == out.Text("allocationId") {
					out["publicIp"] = e.State.Text("publicIp")
				}
			}
		},
	},
	endpointToken: {
		Check: all(policy("policy"), oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
			pattern("serviceName", serviceName, "is not the name of an endpoint service, such as com.amazonaws.eu-west-1.s3")),
		Links: []Link{inVPC, inSubnet("subnetIds[]"), toTable("routeTableIds[]"), toGroup("securityGroupIds[]")},
		ID:    func(c *Call) string { return c.id("vpce") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "vpc-endpoint/"+c.ID)
			out["ownerId"] = c.Account
			out["state"] = "available"
			out["requesterManaged"] = false
			out.put("ipAddressType", "ipv4")
			out.put("policy", `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`)
			if out.Text("vpcEndpointType") == "Gateway" {
				out.put("prefixListId", "pl-"+digits(c.Region, out.Text("serviceName"), 8))
				out["cidrBlocks"] = []any{"52.218.0.0/17", "3.5.64.0/21"}
				return
			}
			service := out.Text("serviceName")
			host := c.ID + "-" + c.hex("dns", 8) + "." + service[strings.LastIndexByte(service, '.')+1:] + "." + c.Region + ".vpce." + c.Suffix()
			out["dnsEntries"] = []any{map[string]any{"dnsName": host, "hostedZoneId": "Z" + strings.ToUpper(c.hex("zone", 13))}}
			out["networkInterfaceIds"] = []any{c.id("eni")}
		},
	},
}

func refuseNAT(c *Call) error {
	private := c.In.Text("connectivityType") == "private"
	switch {
	case private && c.In.has("allocationId"):
		return refuse("InvalidParameterCombination", "An allocation ID is not supported for a private NAT gateway.")
	case !private && !c.In.has("allocationId"):
		return refuse("MissingParameter", "The request must include the AllocationId parameter.")
	}
	return nil
}

func publicDNS(s Scope, ip string) string {
	host := "ec2-" + strings.ReplaceAll(ip, ".", "-")
	if s.Region == "us-east-1" {
		return host + ".compute-1." + s.Suffix()
	}
	return host + "." + s.Region + ".compute." + s.Suffix()
}

func privateDNS(s Scope, ip string) string {
	host := "ip-" + strings.ReplaceAll(ip, ".", "-")
	if s.Region == "us-east-1" {
		return host + ".ec2.internal"
	}
	return host + "." + s.Region + ".compute.internal"
}
