package aws

import (
	"hash/crc32"
	"strconv"
)

func toTable(path string) Link {
	return Link{
		Path: path, To: []Target{{tableToken, "id"}, {vpcToken, "mainRouteTableId"}},
		Missing: Error{"InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist"},
	}
}

// routeTargets are what a route at the prefix of a path may lead to.
func routeTargets(prefix string) []Link {
	return []Link{
		{Path: prefix + "gatewayId", To: []Target{{igwToken, "id"}}, Missing: igwMissing, Free: []string{"local", "vgw-", "vpce-"}},
		{Path: prefix + "natGatewayId", To: []Target{{natToken, "id"}}, Missing: natMissing},
		{Path: prefix + "vpcEndpointId", To: []Target{{endpointToken, "id"}},
			Missing: Error{"InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist"}},
	}
}

var ec2Routing = map[string]Behaviour{
	tableToken: {
		Check: cidr("routes[].cidrBlock", "routes[].ipv6CidrBlock"),
		Links: append(routeTargets("routes[]."), inVPC),
		ID:    func(c *Call) string { return c.id("rtb") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "route-table/"+c.ID)
			out["ownerId"] = c.Account
		},
	},
	"aws:ec2/route:Route": {
		Check:  cidr("destinationCidrBlock", "destinationIpv6CidrBlock"),
		Links:  append(routeTargets(""), toTable("routeTableId")),
		Refuse: refuseRoute,
		ID: func(c *Call) string {
			sum := crc32.ChecksumIEEE([]byte(destination(c.In)))
			return "r-" + c.In.Text("routeTableId") + strconv.FormatUint(uint64(sum), 10)
		},
		Outputs: func(_ *Call, out Object) {
			out["origin"] = "CreateRoute"
			out["state"] = "active"
		},
	},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		Links: []Link{
			{
				Path: "routeTableId", To: []Target{{tableToken, "id"}, {vpcToken, "mainRouteTableId"}},
				Missing: Error{"InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist"},
				Holds:   Error{"DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted."},
			},
			{Path: "subnetId", To: []Target{{subnetToken, "id"}}, Missing: inSubnet("").Missing},
			{Path: "gatewayId", To: []Target{{igwToken, "id"}}, Missing: igwMissing, Free: []string{"vgw-"}},
		},
		Refuse: refuseAssociation,
		ID:     func(c *Call) string { return c.id("rtbassoc") },
	},
}

// destination returns where a route leads, whichever way it is written.
func destination(o Object) string {
	for _, k := range []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"} {
		if s := o.Text(k); s != "" {
			return s
		}
	}
	return ""
}

func refuseRoute(c *Call) error {
	if destination(c.In) == "" {
		return refuse("MissingParameter", "one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId must be given")
	}
	if c.Update {
		return nil
	}
	routes, err := c.Cloud.All(c.Token)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if r.State.Text("routeTableId") == c.In.Text("routeTableId") && destination(r.State) == destination(c.In) {
			return refuse("RouteAlreadyExists", "The route identified by %s already exists.", destination(c.In))
		}
	}
	return nil
}

// refuseAssociation: a subnet has one route table.
func refuseAssociation(c *Call) error {
	if !c.In.has("subnetId") && !c.In.has("gatewayId") {
		return refuse("MissingParameter", "The request must contain either a subnet ID or a gateway ID.")
	}
	if c.Update || !c.In.has("subnetId") {
		return nil
	}
	associations, err := c.Cloud.All(c.Token)
	if err != nil {
		return err
	}
	for _, a := range associations {
		if a.State.Text("subnetId") == c.In.Text("subnetId") {
			return refuse("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", c.In.Text("routeTableId"))
		}
	}
	return nil
}
