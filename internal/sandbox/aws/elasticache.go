package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	replicationGroupToken = "aws:elasticache/replicationGroup:ReplicationGroup"
	cacheSubnetsToken     = "aws:elasticache/subnetGroup:SubnetGroup"
	cacheParamsToken      = "aws:elasticache/parameterGroup:ParameterGroup"
)

var cacheToken = regexp.MustCompile(`^[ -~]{16,128}$`)

var elasticache = map[string]Behaviour{
	replicationGroupToken: {
		Check: checkReplication,
		Links: []Link{
			{Path: "subnetGroupName", To: []Target{{cacheSubnetsToken, "name"}}, Free: []string{"default"},
				Missing: Error{"CacheSubnetGroupNotFoundFault", "Cache Subnet Group %s does not exist."},
				Holds:   Error{"CacheSubnetGroupInUse", "Cache subnet group %s is currently in use by a cache cluster."}},
			{Path: "parameterGroupName", To: []Target{{cacheParamsToken, "name"}}, Free: []string{"default."},
				Missing: Error{"CacheParameterGroupNotFound", "CacheParameterGroup not found: %s"},
				Holds:   Error{"InvalidCacheParameterGroupState", "One or more cache clusters are still members of this parameter group %s, so the group cannot be deleted."}},
			toGroup("securityGroupIds[]"),
			withKey("kmsKeyId", Error{"InvalidKMSKeyFault", "KMS key %s does not exist or is not accessible"}),
		},
		Refuse:  refuseReplication,
		Unique:  &Unique{[]string{"replicationGroupId"}, Error{"ReplicationGroupAlreadyExists", "Replication group %s already exists"}},
		ID:      func(c *Call) string { return strings.ToLower(c.In.Text("replicationGroupId")) },
		Outputs: replicationOutputs,
	},
	cacheSubnetsToken: subnetGroup("elasticache", "subnetgroup:",
		Error{"InvalidSubnet", "The requested subnet %s is not valid."}, nil,
		Error{"CacheSubnetGroupAlreadyExists", "Cache subnet group %s already exists."}),
	cacheParamsToken: parameterGroup("elasticache", "parametergroup:",
		Error{"CacheParameterGroupAlreadyExists", "Cache parameter group %s already exists"}),
}

// checkReplication: failing over needs somewhere to go, and the password of
// clients a wire that nobody listens on.
func checkReplication(in Object) []Failure {
	var out []Failure
	if n, ok := in.whole("numCacheClusters"); ok && n < 2 && in.Flag("automaticFailoverEnabled") {
		out = append(out, Failure{"numCacheClusters", `"numCacheClusters": must be at least 2 if automaticFailoverEnabled is true`})
	}
	if in.Flag("multiAzEnabled") && in["automaticFailoverEnabled"] == false {
		out = append(out, Failure{"automaticFailoverEnabled", "automaticFailoverEnabled must be true if multiAzEnabled is true"})
	}
	token := in.Text("authToken")
	if token != "" && (!cacheToken.MatchString(token) || strings.ContainsAny(token, `@"/`)) {
		out = append(out, Failure{"authToken", "only 16 to 128 printable characters besides '@', '\"' and '/' are allowed"})
	}
	if in["authToken"] != nil && in["transitEncryptionEnabled"] == false {
		out = append(out, Failure{"authToken", "authToken can be given only if transitEncryptionEnabled is true"})
	}
	return out
}

// nodes counts the nodes of a replication group, which is told as a whole or by
// group. What is told last holds; what nobody told stays, and is one node at first.
func nodes(in, out Object) (groups, replicas int) {
	if n, ok := in.whole("numCacheClusters"); ok {
		return 1, n - 1
	}
	groups, ok := out.whole("numNodeGroups")
	if !ok {
		groups = 1
	}
	replicas, _ = out.whole("replicasPerNodeGroup")
	return groups, replicas
}

// The quotas of a replication group.
const (
	maxNodes  = 6 // in one group
	maxGroups = 500
)

func refuseReplication(c *Call) error {
	groups, replicas := nodes(c.In, c.In)
	switch {
	case replicas < 0 || replicas >= maxNodes:
		return refuse("InvalidParameterValue", "The number of nodes in a node group must be between 1 and %d, not %d", maxNodes, replicas+1)
	case groups < 1 || groups > maxGroups:
		return refuse("InvalidParameterValue", "The number of node groups must be between 1 and %d, not %d", maxGroups, groups)
	}
	return nil
}

func replicationOutputs(c *Call, out Object) {
	out["arn"] = c.ARN("elasticache", "replicationgroup:"+c.ID)
	out.put("engineVersion", "7.1")
	out["engineVersionActual"] = out.Text("engineVersion") + ".0"
	out.put("clusterMode", "disabled")
	out.put("networkType", "ipv4")
	out.put("ipDiscovery", "ipv4")
	out.put("maintenanceWindow", "sun:05:00-sun:06:00")
	out.put("snapshotWindow", "03:00-04:00")
	out.put("nodeType", "cache.t4g.micro")
	out.put("subnetGroupName", "default")
	groups, replicas := nodes(c.In, out)
	out["numNodeGroups"], out["replicasPerNodeGroup"] = float64(groups), float64(replicas)
	out["numCacheClusters"] = float64(groups * (replicas + 1))
	out["clusterEnabled"] = groups > 1 || out.Text("clusterMode") == "enabled"
	out["memberClusters"] = members(c.ID, groups, replicas, out.Flag("clusterEnabled"))
	endpoints(c, out)
}

// members are named "id-001", and "id-0001-001" where there may be several groups.
func members(id string, groups, replicas int, cluster bool) []any {
	var out []any
	for g := range groups {
		group := id
		if cluster {
			group = fmt.Sprintf("%s-%04d", id, g+1)
		}
		for n := range replicas + 1 {
			out = append(out, fmt.Sprintf("%s-%03d", group, n+1))
		}
	}
	return out
}

// endpoints: clients of a cluster ask one address where its parts are, all others
// know a primary and its readers.
func endpoints(c *Call, out Object) {
	region := strings.TrimSuffix(ZoneIDs(c.Region)[0], "-az1")
	zone := fmt.Sprintf("%s.%s.cache.%s", digits(c.Account+c.Region, "elasticache", 6), region, c.Suffix())
	kind := "ng"
	if out.Flag("transitEncryptionEnabled") {
		kind = "tls"
	}
	out["configurationEndpointAddress"], out["primaryEndpointAddress"], out["readerEndpointAddress"] = "", "", ""
	if !out.Flag("clusterEnabled") {
		out["primaryEndpointAddress"] = hostOf("master", kind, c.ID, zone)
		out["readerEndpointAddress"] = hostOf("replica", kind, c.ID, zone)
		return
	}
	out["configurationEndpointAddress"] = "clustercfg." + c.ID + "." + zone
	if kind != "tls" {
		out["configurationEndpointAddress"] = c.ID + "." + strings.Replace(zone, ".", ".clustercfg.", 1)
	}
}

// hostOf is "master.id.a1b2c3.euw1.cache.amazonaws.com" on an encrypted wire,
// and "id.a1b2c3.ng.0001.…" else.
func hostOf(role, kind, id, zone string) string {
	if kind == "tls" {
		return role + "." + id + "." + zone
	}
	return id + "." + strings.Replace(zone, ".", ".ng.0001.", 1)
}
