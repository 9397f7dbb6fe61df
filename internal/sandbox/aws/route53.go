package aws

import (
	"fmt"
	"strings"
)

const (
	zoneToken   = "aws:route53/zone:Zone"
	recordToken = "aws:route53/record:Record"
)

// recordTypes are what the provider accepts.
var recordTypes = []string{"A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"}

var route53 = map[string]Behaviour{
	zoneToken: {
		Global: true,
		Check:  all(shorter("comment", 256), shorter("name", 1024)),
		Links: []Link{{
			Path: "vpcs[].vpcId", To: []Target{{vpcToken, "id"}},
			Missing: Error{"InvalidVPCId", "The VPC: %s that you provided is not in the region or does not exist."},
		}},
		ID: func(c *Call) string { return "Z" + strings.ToUpper(c.hex("zone", 20)) },
		Outputs: func(c *Call, out Object) {
			out["arn"] = fmt.Sprintf("arn:%s:route53:::hostedzone/%s", c.Partition(), c.ID)
			out["zoneId"] = c.ID
			servers := nameServers(c.ID)
			out["nameServers"], out["primaryNameServer"] = servers, servers[0]
		},
	},
	recordToken: {
		Global: true,
		Check:  all(oneOf("type", recordTypes...), checkRecord),
		Links: []Link{{
			Path: "zoneId", To: []Target{{zoneToken, "id"}},
			Missing: Error{"NoSuchHostedZone", "No hosted zone found with ID: %s"},
			Holds:   Error{"HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so cannot be deleted."},
		}},
		Refuse: refuseRecord,
		ID: func(c *Call) string {
			id := c.In.Text("zoneId") + "_" + strings.ToLower(c.In.Text("name")) + "_" + c.In.Text("type")
			if set := c.In.Text("setIdentifier"); set != "" {
				id += "_" + set
			}
			return id
		},
		Outputs: func(c *Call, out Object) {
			zone, _ := zoneOf(c)
			out["fqdn"] = absolute(out.Text("name"), zone)
			out.put("allowOverwrite", false)
		},
	},
}

// nameServers returns four servers in four domains, as every zone has.
func nameServers(zone string) []any {
	out := make([]any, 4)
	for i, domain := range []string{"org", "co.uk", "com", "net"} {
		out[i] = fmt.Sprintf("ns-%d.awsdns-%02d.%s", i*512+int(number(zone, "server "+domain, 512)), number(zone, "group "+domain, 64), domain)
	}
	return out
}

func checkRecord(in Object) []Failure {
	_, values := in["records"]
	_, aliases := in["aliases"]
	_, ttl := in["ttl"]
	switch {
	case values == aliases:
		return []Failure{{"records", "exactly one of aliases, records must be given"}}
	case ttl && aliases:
		return []Failure{{"ttl", `"ttl" conflicts with aliases`}}
	case values && !ttl:
		return []Failure{{"records", `"records": all of ttl, records must be specified`}}
	}
	return nil
}

// refuseRecord refuses a name outside of its zone, one that exists, and what
// DNS does not allow next to each other.
func refuseRecord(c *Call) error {
	zone, err := zoneOf(c)
	if err != nil || zone == "" {
		return err
	}
	name, kind := absolute(c.In.Text("name"), zone), c.In.Text("type")
	if kind == "CNAME" && name == zone {
		return refuse("InvalidChangeBatch", "[RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]", name, zone)
	}
	if c.Update {
		return nil
	}
	records, err := c.Cloud.All(recordToken)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.State.Text("zoneId") != c.In.Text("zoneId") || absolute(r.State.Text("name"), zone) != name {
			continue
		}
		other := r.State.Text("type")
		same := other == kind && r.State.Text("setIdentifier") == c.In.Text("setIdentifier")
		switch {
		case same && !c.In.Flag("allowOverwrite"):
			return refuse("InvalidChangeBatch", "[Tried to create resource record set [name='%s.', type='%s'] but it already exists]", name, kind)
		case other != kind && (other == "CNAME" || kind == "CNAME"):
			return refuse("InvalidChangeBatch", "[RRSet of type %s with DNS name %s. is not permitted because a conflicting RRSet of type %s with the same DNS name already exists in zone %s.]",
				kind, name, other, zone)
		}
	}
	return nil
}

// zoneOf returns the name of a record's zone, "" when there is none.
func zoneOf(c *Call) (string, error) {
	zones, err := c.Cloud.All(zoneToken)
	if err != nil {
		return "", err
	}
	for _, z := range zones {
		if z.ID == c.In.Text("zoneId") {
			return strings.ToLower(strings.TrimSuffix(z.State.Text("name"), ".")), nil
		}
	}
	return "", nil
}

// absolute returns the whole name of a record, which may be given without its
// zone's.
func absolute(name, zone string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	switch {
	case name == "":
		return zone
	case name == zone, strings.HasSuffix(name, "."+zone):
		return name
	}
	return name + "." + zone
}
