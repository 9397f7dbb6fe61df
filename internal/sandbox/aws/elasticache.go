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

func replicationOutputs(c *Call, out Object) {
	region := strings.TrimSuffix(ZoneIDs(c.Region)[0], "-az1")
	zone := fmt.Sprintf("%s.%s.cache.%s", digits(c.Account+c.Region, "elasticache", 6), region, c.Suffix())
	kind := "ng"
	if out.Flag("transitEncryptionEnabled") {
		kind = "tls"
	}
	out["arn"] = c.ARN("elasticache", "replicationgroup:"+c.ID)
	out["primaryEndpointAddress"] = hostOf("master", kind, c.ID, zone)
	out["readerEndpointAddress"] = hostOf("replica", kind, c.ID, zone)
	out["clusterEnabled"] = false
	out.put("engineVersion", "7.1")
	out["engineVersionActual"] = out.Text("engineVersion") + ".0"
	out.put("clusterMode", "disabled")
	out.put("networkType", "ipv4")
	out.put("ipDiscovery", "ipv4")
	out.put("maintenanceWindow", "sun:05:00-sun:06:00")
	out.put("snapshotWindow", "03:00-04:00")
	out.put("nodeType", "cache.t4g.micro")
	out.put("subnetGroupName", "default")
	n, ok := out.whole("numCacheClusters")
	if !ok {
		n = 1
		out["numCacheClusters"] = 1.0
	}
	out["numNodeGroups"], out["replicasPerNodeGroup"] = 1.0, float64(n-1)
	members := make([]any, n)
	for i := range members {
		members[i] = fmt.Sprintf("%s-%03d", c.ID, i+1)
	}
	out["memberClusters"] = members
}

// hostOf is "master.id.a1b2c3.euw1.cache.amazonaws.com" on an encrypted wire,
// and "id.a1b2c3.ng.0001.…" else.
func hostOf(role, kind, id, zone string) string {
	if kind == "tls" {
		return role + "." + id + "." + zone
	}
	return id + "." + strings.Replace(zone, ".", ".ng.0001.", 1)
}
