package aws

import (
	"fmt"
	"net/netip"
)

// Tokens that other types refer to.
const (
	vpcToken      = "aws:ec2/vpc:Vpc"
	subnetToken   = "aws:ec2/subnet:Subnet"
	groupToken    = "aws:ec2/securityGroup:SecurityGroup"
	igwToken      = "aws:ec2/internetGateway:InternetGateway"
	natToken      = "aws:ec2/natGateway:NatGateway"
	eipToken      = "aws:ec2/eip:Eip"
	tableToken    = "aws:ec2/routeTable:RouteTable"
	endpointToken = "aws:ec2/vpcEndpoint:VpcEndpoint"
	instanceToken = "aws:ec2/instance:Instance"
)

// The networks that exist in every account without anybody creating them.
func (s Scope) defaultVPC() string { return "vpc-0" + digits(s.Account+s.Region, "default vpc", 16) }
func (s Scope) defaultSubnet() string {
	return "subnet-0" + digits(s.Account+s.Region, "default subnet", 16)
}
func (s Scope) defaultGroup() string { return "sg-0" + digits(s.Account+s.Region, "default group", 16) }

// inVPC is the link of something that lives in a VPC.
var inVPC = Link{
	Path: "vpcId", To: []Target{{vpcToken, "id"}},
	Missing: Error{"InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"},
	Holds:   Error{"DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted."},
}

// inSubnet is the link of something that has a network interface in subnets.
func inSubnet(path string) Link {
	return Link{
		Path: path, To: []Target{{subnetToken, "id"}},
		Missing: Error{"InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"},
		Holds:   Error{"DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted."},
	}
}

var ec2Network = map[string]Behaviour{
	vpcToken: {
		Check: cidr("cidrBlock"),
		Refuse: func(c *Call) error {
			if !c.In.has("cidrBlock") && !c.In.has("ipv4IpamPoolId") {
				return refuse("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' must be provided.")
			}
			return sized(c, "InvalidVpc.Range")
		},
		ID: func(c *Call) string { return c.id("vpc") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "vpc/"+c.ID)
			out["ownerId"] = c.Account
			out.put("defaultNetworkAclId", c.id("acl"))
			out.put("defaultRouteTableId", c.id("rtb"))
			out.put("mainRouteTableId", c.id("rtb"))
			out.put("defaultSecurityGroupId", c.id("sg"))
			out.put("dhcpOptionsId", "dopt-0"+digits(c.Account+c.Region, "dhcp", 16))
		},
	},
	subnetToken: {
		Check:  cidr("cidrBlock", "ipv6CidrBlock"),
		Links:  []Link{inVPC},
		Refuse: refuseSubnet,
		ID:     func(c *Call) string { return c.id("subnet") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ec2", "subnet/"+c.ID)
			out["ownerId"] = c.Account
			zones := Zones(c.Region)
			zone := int(number(c.Key, "zone", uint64(len(zones))))
			for i, z := range zones {
				if out.Text("availabilityZone") == z || out.Text("availabilityZoneId") == ZoneIDs(c.Region)[i] {
					zone = i
				}
			}
			out.put("availabilityZone", zones[zone])
			out.put("availabilityZoneId", ZoneIDs(c.Region)[zone])
			out.put("privateDnsHostnameTypeOnLaunch", "ip-name")
		},
	},
}

// sized refuses a network outside the sizes that VPCs and subnets may have.
func sized(c *Call, code string) error {
	s := c.In.Text("cidrBlock")
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return nil // not known, or already rejected by Check
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return refuse(code, "The CIDR '%s' is invalid.", s)
	}
	return nil
}

func refuseSubnet(c *Call) error {
	if err := sized(c, "InvalidSubnet.Range"); err != nil {
		return err
	}
	if z := c.In.Text("availabilityZone"); z != "" && !contains(Zones(c.Region), z) {
		return refuse("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.", z, joined(Zones(c.Region)))
	}
	mine, err := netip.ParsePrefix(c.In.Text("cidrBlock"))
	if err != nil || c.Update {
		return nil
	}
	vpcs, err := c.Cloud.All(vpcToken)
	if err != nil {
		return err
	}
	for _, vpc := range vpcs {
		if vpc.ID != c.In.Text("vpcId") {
			continue
		}
		whole, err := netip.ParsePrefix(vpc.State.Text("cidrBlock"))
		if err == nil && (!whole.Contains(mine.Addr()) || mine.Bits() < whole.Bits()) {
			return refuse("InvalidSubnet.Range", "The CIDR '%s' is invalid.", mine)
		}
	}
	subnets, err := c.Cloud.All(subnetToken)
	if err != nil {
		return err
	}
	for _, other := range subnets {
		if other.State.Text("vpcId") != c.In.Text("vpcId") {
			continue
		}
		if theirs, err := netip.ParsePrefix(other.State.Text("cidrBlock")); err == nil && theirs.Overlaps(mine) {
			return refuse("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", mine)
		}
	}
	return nil
}

// hostIn returns an address in a subnet that belongs to the key. AWS keeps the
// first four addresses and the last for itself.
func hostIn(subnet netip.Prefix, key string) netip.Addr {
	hosts := uint64(1)<<(32-subnet.Bits()) - 5
	offset := 4 + number(key, "host", hosts)
	b := subnet.Masked().Addr().As4()
	sum := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	sum += offset
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// privateIP returns the address that a network interface of this resource gets.
func (c *Call) privateIP(subnetID string) (string, error) {
	subnets, err := c.Cloud.All(subnetToken)
	if err != nil {
		return "", err
	}
	network := netip.MustParsePrefix("172.31.0.0/20") // of the default subnet
	for _, s := range subnets {
		if s.ID == subnetID {
			if p, err := netip.ParsePrefix(s.State.Text("cidrBlock")); err == nil && p.Addr().Is4() {
				network = p
			}
		}
	}
	return hostIn(network, c.Key).String(), nil
}

// publicIP returns an address out of a range that AWS uses.
func (c *Call) publicIP() string {
	return fmt.Sprintf("52.%d.%d.%d", 16+number(c.Key, "ip2", 80), number(c.Key, "ip3", 256), 1+number(c.Key, "ip4", 254))
}
