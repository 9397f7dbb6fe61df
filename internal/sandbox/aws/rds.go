package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	databaseToken        = "aws:rds/instance:Instance"
	databaseSubnetsToken = "aws:rds/subnetGroup:SubnetGroup"
	databaseParamsToken  = "aws:rds/parameterGroup:ParameterGroup"
)

var (
	databaseClass = regexp.MustCompile(`^db\.`)
	paramsName    = regexp.MustCompile(`^[a-z](-?[0-9a-z])*$`)
)

var rds = map[string]Behaviour{
	databaseToken: {
		Check: all(pattern("instanceClass", databaseClass, "is not an instance class such as db.t4g.micro"), checkInsights),
		Links: []Link{
			{Path: "dbSubnetGroupName", To: []Target{{databaseSubnetsToken, "name"}}, Free: []string{"default"},
				Missing: Error{"DBSubnetGroupNotFoundFault", "DB subnet group '%s' does not exist."},
				Holds:   Error{"InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group '%s' because at least one database instance is still using it."}},
			{Path: "parameterGroupName", To: []Target{{databaseParamsToken, "name"}}, Free: []string{"default."},
				Missing: Error{"DBParameterGroupNotFound", "DBParameterGroup not found: %s"},
				Holds:   Error{"InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group %s, so the group cannot be deleted"}},
			toGroup("vpcSecurityGroupIds[]"),
			withKey("kmsKeyId", Error{"KMSKeyNotAccessibleFault", "The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it."}),
		},
		Unique:  &Unique{[]string{"identifier"}, Error{"DBInstanceAlreadyExists", "DB instance already exists: %s"}},
		Refuse:  refuseDatabase,
		Keep:    keepDatabase,
		ID:      func(c *Call) string { return "db-" + c.letters("")[:17] + c.letters("db")[2:11] },
		Outputs: databaseOutputs,
	},
	databaseSubnetsToken: subnetGroup("rds", "subgrp:",
		Error{"InvalidSubnet", "The requested subnet %s is not valid."}, refuseOneZone,
		Error{"DBSubnetGroupAlreadyExists", "The DB subnet group '%s' already exists."}),
	databaseParamsToken: parameterGroup("rds", "pg:",
		Error{"DBParameterGroupAlreadyExists", "Parameter group %s already exists"}),
}

// subnetGroup is where the nodes of a service may stand.
func subnetGroup(service, prefix string, missing Error, refuse func(*Call) error, taken Error) Behaviour {
	return Behaviour{
		Links: []Link{{Path: "subnetIds[]", To: []Target{{subnetToken, "id"}}, Missing: missing,
			Holds: Error{"DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted."}}},
		Unique: &Unique{[]string{"name"}, taken},
		Refuse: refuse,
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN(service, prefix+out.Text("name"))
			out["vpcId"] = c.vpcOf(c.In.text("subnetIds[]"))
			out["supportedNetworkTypes"] = []any{"IPV4"}
		},
	}
}

// parameterGroup is a set of settings of an engine.
func parameterGroup(service, prefix string, taken Error) Behaviour {
	return Behaviour{
		Check:  pattern("name", paramsName, "is not the name of a parameter group: only lowercase alphanumeric characters and hyphens, first a letter, no two hyphens in a row and none at the end"),
		Unique: &Unique{[]string{"name"}, taken},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN(service, prefix+out.Text("name"))
		},
	}
}

// vpcOf is the VPC of the first subnet that is known.
func (c *Call) vpcOf(subnets []string) string {
	known, err := c.Cloud.All(subnetToken)
	for _, s := range known {
		if err == nil && contains(subnets, s.ID) {
			return s.State.Text("vpcId")
		}
	}
	return c.defaultVPC()
}

// refuseOneZone: RDS wants two zones, whether it uses the second or not.
func refuseOneZone(c *Call) error {
	subnets := c.In.text("subnetIds[]")
	known, err := c.Cloud.All(subnetToken)
	if err != nil {
		return err
	}
	zones := map[string]bool{}
	for _, s := range known {
		if contains(subnets, s.ID) {
			zones[s.State.Text("availabilityZone")] = true
		}
	}
	if len(zones) > 1 || contains(subnets, c.defaultSubnet()) {
		return nil
	}
	return refuse("DBSubnetGroupDoesNotCoverEnoughAZs",
		"The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Add subnets to cover at least two AZs.")
}

func checkInsights(in Object) []Failure {
	days, ok := in.whole("performanceInsightsRetentionPeriod")
	if !ok || days == 7 || days == 731 || days >= 31 && days <= 713 && days%31 == 0 {
		return nil
	}
	return []Failure{{"performanceInsightsRetentionPeriod", fmt.Sprintf("expected performanceInsightsRetentionPeriod to be 7, 731 or divisible by 31, got %d", days)}}
}

func refuseDatabase(c *Call) error {
	if c.In.has("replicateSourceDb") || c.In.has("snapshotIdentifier") || c.In["restoreToPointInTime"] != nil {
		return nil
	}
	storage, _ := c.In.whole("allocatedStorage")
	most, grows := c.In.whole("maxAllocatedStorage")
	password := c.In.Text("password")
	switch {
	case !c.In.has("engine"):
		return refuse("MissingParameter", "The request must contain the parameter Engine")
	case storage < 5:
		return refuse("InvalidParameterValue", "Invalid storage size for engine name %s: %d", c.In.Text("engine"), storage)
	case storage < 20 && c.In.Text("storageType") == "gp3":
		return refuse("InvalidParameterValue", "Invalid storage size for engine name %s and storage type gp3: %d", c.In.Text("engine"), storage)
	case grows && most > 0 && most < storage:
		return refuse("InvalidParameterCombination", "Max storage size must be greater than storage size")
	case !c.In.has("username"):
		return refuse("InvalidParameterValue", "The parameter MasterUsername must be provided and must not be blank.")
	case c.In.Text("engine") == "postgres" && strings.EqualFold(c.In.Text("username"), "admin"):
		return refuse("InvalidParameterValue", "MasterUsername admin cannot be used as it is a reserved word used by the engine")
	case !c.In.has("password") && !c.In.Flag("manageMasterUserPassword"):
		return refuse("InvalidParameterValue", "The parameter MasterUserPassword must be provided and must not be blank.")
	case password != "" && len(password) < 8:
		return refuse("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.")
	case strings.ContainsAny(password, `/@" `):
		return refuse("InvalidParameterValue",
			`The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`)
	}
	return nil
}

func keepDatabase(r Resource) error {
	switch {
	case r.State.Flag("deletionProtection"):
		return refuse("InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")
	case !r.State.Flag("skipFinalSnapshot") && !r.State.has("finalSnapshotIdentifier"):
		return refuse("InvalidParameterCombination", "finalSnapshotIdentifier is required when skipFinalSnapshot is false")
	}
	return nil
}
