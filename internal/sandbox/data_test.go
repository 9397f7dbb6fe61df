package sandbox_test

import (
	"strings"
	"testing"
)

const (
	rdsType      = "aws:rds/instance:Instance"
	rdsSubnets   = "aws:rds/subnetGroup:SubnetGroup"
	rdsParams    = "aws:rds/parameterGroup:ParameterGroup"
	cacheType    = "aws:elasticache/replicationGroup:ReplicationGroup"
	cacheSubnets = "aws:elasticache/subnetGroup:SubnetGroup"
	tableType    = "aws:dynamodb/table:Table"
	secretType   = "aws:secretsmanager/secret:Secret"
	versionType  = "aws:secretsmanager/secretVersion:SecretVersion"
	rotationType = "aws:secretsmanager/secretRotation:SecretRotation"
	functionARN  = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
)

func postgres(more props) props {
	p := props{"engine": "postgres", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "root", "manageMasterUserPassword": true}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func password(text string) props {
	p := postgres(props{"password": text})
	delete(p, "manageMasterUserPassword")
	return p
}

func items(more props) props {
	p := props{"billingMode": "PAY_PER_REQUEST", "hashKey": "id", "attributes": []any{props{"name": "id", "type": "S"}}}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func TestWrongInputsOfDataServicesAreRejectedAtPreview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		in          props
		want        string
	}{
		{"identifier", rdsType, postgres(props{"identifier": "My_DB"}), `identifier: only lowercase alphanumeric characters and hyphens allowed in "identifier", got My_DB`},
		{"class", rdsType, postgres(props{"instanceClass": "t4g.micro"}), `instanceClass: "t4g.micro" is not an instance class`},
		{"snapshot", rdsType, postgres(props{"finalSnapshotIdentifier": "last-"}), "finalSnapshotIdentifier: invalid value for finalSnapshotIdentifier"},
		{"backups", rdsType, postgres(props{"backupRetentionPeriod": 36}), "backupRetentionPeriod: expected backupRetentionPeriod to be in the range (0 - 35), got 36"},
		{"daily window", rdsType, postgres(props{"backupWindow": "5-6"}), "backupWindow: expected backupWindow to be hours such as 03:00-04:00, got 5-6"},
		{"weekly window", rdsType, postgres(props{"maintenanceWindow": "05:00-06:00"}), "maintenanceWindow: expected maintenanceWindow to be a time of the week"},
		{"two passwords", rdsType, postgres(props{"password": "longenough"}), "manageMasterUserPassword: conflicts with password: give only one of them"},
		{"insights", rdsType, postgres(props{"performanceInsightsRetentionPeriod": 30}), "performanceInsightsRetentionPeriod: expected"},
		{"subnet group", rdsSubnets, props{"name": "My Group", "subnetIds": []any{}}, "name: only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces allowed"},
		{"parameter group", rdsParams, props{"name": "a.b", "family": "postgres17"}, `name: "a.b" is not the name of a parameter group`},
		{"replication group", cacheType, props{"description": "d", "replicationGroupId": "1st"}, "replicationGroupId: invalid value for replicationGroupId"},
		{"cache engine", cacheType, props{"description": "d", "engine": "memcached"}, "engine: expected engine to be one of"},
		{"failover of one", cacheType, props{"description": "d", "numCacheClusters": 1, "automaticFailoverEnabled": true}, "numCacheClusters: "},
		{"zones without failover", cacheType, props{"description": "d", "multiAzEnabled": true, "automaticFailoverEnabled": false}, "automaticFailoverEnabled: "},
		{"short token", cacheType, props{"description": "d", "authToken": "short"}, "authToken: only 16 to 128 printable characters"},
		{"token in the clear", cacheType, props{"description": "d", "authToken": "0123456789abcdef", "transitEncryptionEnabled": false}, "authToken: authToken can be given only if"},
		{"table name", tableType, items(props{"name": "a b"}), `name: "a b" is not the name of a table`},
		{"unused attribute", tableType, items(props{"attributes": []any{props{"name": "id", "type": "S"}, props{"name": "x", "type": "S"}}}),
			`attributes: all attributes must be indexed. Unused attributes: ["x"]`},
		{"undeclared attribute", tableType, items(props{"rangeKey": "at"}), `attributes: all indexes must match a defined attribute. Unmatched indexes: ["at"]`},
		{"attribute type", tableType, items(props{"attributes": []any{props{"name": "id", "type": "T"}}}), "attributes[0].type: expected type to be one of"},
		{"no capacity", tableType, items(props{"billingMode": "PROVISIONED"}), `readCapacity: readCapacity must be at least 1 when billingMode is "PROVISIONED"`},
		{"stream of nothing", tableType, items(props{"streamEnabled": true}), "streamViewType: streamViewType is required when streamEnabled is true"},
		{"secret name", secretType, props{"name": "a b"}, "name: only alphanumeric characters and /_+=.@- special characters are allowed"},
		{"recovery", secretType, props{"recoveryWindowInDays": 3}, "recoveryWindowInDays: expected recoveryWindowInDays to be in the range (7 - 30), got 3"},
		{"two schedules", rotationType, props{"secretId": "s", "rotationRules": props{"automaticallyAfterDays": 1, "scheduleExpression": "rate(1 day)"}},
			"rotationRules.automaticallyAfterDays: exactly one of"},
		{"too many days", rotationType, props{"secretId": "s", "rotationRules": props{"automaticallyAfterDays": 1001}},
			"rotationRules.automaticallyAfterDays: expected automaticallyAfterDays to be in the range (1 - 1000), got 1001"},
		{"rotation window", rotationType, props{"secretId": "s", "rotationRules": props{"automaticallyAfterDays": 1, "duration": "25h"}},
			"rotationRules.duration: invalid value for duration: 25h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			_, failures := e.check(urn(c.token, "x"), nil, c.in)
			if len(failures) == 0 || !strings.HasPrefix(failures[0], c.want) {
				t.Errorf("got %q, want %q", failures, c.want)
			}
		})
	}
}

func TestDataServicesRefuseWhatTheyRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		in          props
		want        string
	}{
		{"no engine", rdsType, postgres(props{"engine": ""}), "MissingParameter: The request must contain the parameter Engine"},
		{"no storage", rdsType, postgres(props{"allocatedStorage": 1}), "Invalid storage size for engine name postgres: 1"},
		{"small gp3", rdsType, postgres(props{"allocatedStorage": 10, "storageType": "gp3"}), "storage type gp3: 10"},
		{"shrinking", rdsType, postgres(props{"maxAllocatedStorage": 10}), "Max storage size must be greater than storage size"},
		{"no user", rdsType, postgres(props{"username": ""}), "MasterUsername must be provided"},
		{"reserved user", rdsType, postgres(props{"username": "admin"}), "MasterUsername admin cannot be used as it is a reserved word used by the engine"},
		{"no password", rdsType, postgres(props{"manageMasterUserPassword": false}), "MasterUserPassword must be provided"},
		{"short password", rdsType, password("short"), "shorter than 8 characters"},
		{"odd password", rdsType, password("p@ssword1"), "Only printable ASCII characters besides"},
		{"no such subnets", rdsType, postgres(props{"dbSubnetGroupName": "none"}), "DBSubnetGroupNotFoundFault: DB subnet group 'none' does not exist."},
		{"no such settings", rdsType, postgres(props{"parameterGroupName": "none"}), "DBParameterGroup not found: none"},
		{"no such group", rdsType, postgres(props{"vpcSecurityGroupIds": []any{"sg-1"}}), "InvalidGroup.NotFound: The security group 'sg-1' does not exist"},
		{"no such subnet", rdsSubnets, props{"subnetIds": []any{"subnet-1"}}, "InvalidSubnet: The requested subnet subnet-1 is not valid."},
		{"no such subnet of a cache", cacheSubnets, props{"subnetIds": []any{"subnet-1"}}, "InvalidSubnet"},
		{"no nodes", cacheType, props{"description": "d", "numCacheClusters": 0}, "nodes in a node group must be between 1 and 6, not 0"},
		{"no groups", cacheType, props{"description": "d", "numNodeGroups": 0}, "node groups must be between 1 and 500, not 0"},
		{"no such cache subnets", cacheType, props{"description": "d", "subnetGroupName": "none"}, "Cache Subnet Group none does not exist."},
		{"order without a range", tableType, items(props{
			"attributes":            []any{props{"name": "id", "type": "S"}, props{"name": "at", "type": "N"}},
			"localSecondaryIndexes": []any{props{"name": "by-at", "rangeKey": "at", "projectionType": "ALL"}},
		}), "Table KeySchema does not have a range key"},
		{"table twice", tableType, items(props{"name": "taken"}), "ResourceInUseException: Table already exists: taken"},
		{"secret twice", secretType, props{"name": "taken"}, "the secret taken already exists"},
		{"no such secret", versionType, props{"secretId": "none", "secretString": "x"}, "Secrets Manager can't find the specified secret: none"},
		{"a function that may not be called", rotationType,
			props{"secretId": "taken", "rotationLambdaArn": functionARN, "rotationRules": props{"automaticallyAfterDays": 1}},
			"Secrets Manager cannot invoke the specified Lambda function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			e.create(tableType, "taken", items(props{"name": "taken"}))
			e.create(secretType, "taken", props{"name": "taken"})
			_, err := e.try(c.token, "x", c.in)
			if !strings.Contains(message(err), c.want) {
				t.Errorf("got %q, want %q", message(err), c.want)
			}
		})
	}
}

func TestWhatIsProtectedStays(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	for _, c := range []struct {
		what *deployed
		want string
	}{
		{e.create(rdsType, "protected", postgres(props{"deletionProtection": true, "skipFinalSnapshot": true})), "Cannot delete protected DB Instance"},
		{e.create(rdsType, "without-a-snapshot", postgres(nil)), "finalSnapshotIdentifier is required when skipFinalSnapshot is false"},
		{e.create(tableType, "protected", items(props{"deletionProtectionEnabled": true})), "currently protected against deletion"},
	} {
		if err := e.delete(c.what); !strings.Contains(message(err), c.want) {
			t.Errorf("delete of %s: %v", c.what.urn, err)
		}
	}
	for _, d := range []*deployed{
		e.create(rdsType, "free", postgres(props{"finalSnapshotIdentifier": "last"})),
		e.create(tableType, "free", items(nil)),
	} {
		if err := e.delete(d); err != nil {
			t.Error(err)
		}
	}
}

func TestADatabaseHoldsItsSubnetsAndSettings(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	vpc := e.create("aws:ec2/vpc:Vpc", "vpc", props{"cidrBlock": "10.0.0.0/16"})
	subnet := func(name, block, zone string) *deployed {
		return e.create("aws:ec2/subnet:Subnet", name, props{"vpcId": vpc.id, "cidrBlock": block, "availabilityZone": zone})
	}
	a, b := subnet("a", "10.0.0.0/24", "eu-west-1a"), subnet("b", "10.0.1.0/24", "eu-west-1b")
	if _, err := e.try(rdsSubnets, "one", props{"subnetIds": []any{a.id}}); !strings.Contains(message(err), "DBSubnetGroupDoesNotCoverEnoughAZs") {
		t.Errorf("one zone: %v", err)
	}
	subnets := e.create(rdsSubnets, "two", props{"subnetIds": []any{a.id, b.id}})
	if got := e.out(subnets, "vpcId"); got != vpc.id {
		t.Errorf("the subnets are in %v", got)
	}
	settings := e.create(rdsParams, "pg", props{"family": "postgres17"})
	db := e.create(rdsType, "db", postgres(props{"dbSubnetGroupName": subnets.id, "parameterGroupName": settings.id, "skipFinalSnapshot": true}))
	for d, want := range map[*deployed]string{a: "DependencyViolation", subnets: "InvalidDBSubnetGroupStateFault", settings: "InvalidDBParameterGroupState"} {
		if err := e.delete(d); !strings.Contains(message(err), want) {
			t.Errorf("delete of %s: %v", d.urn, err)
		}
	}
	for _, d := range []*deployed{db, settings, subnets, a, b} {
		if err := e.delete(d); err != nil {
			t.Error(err)
		}
	}
}

func TestAReplicationGroupHasTheNodesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		in          props
		all, groups float64
		replicas    float64
		last        string // the last member
		cluster     bool   // clients ask one address where its parts are
	}{
		{"nothing said", props{}, 1, 1, 0, "-001", false},
		{"as a whole", props{"numCacheClusters": 3}, 3, 1, 2, "-003", false},
		{"replicas", props{"replicasPerNodeGroup": 1}, 2, 1, 1, "-002", false},
		{"groups", props{"numNodeGroups": 2, "replicasPerNodeGroup": 1}, 4, 2, 1, "-0002-002", true},
		{"a cluster of one", props{"clusterMode": "enabled"}, 1, 1, 0, "-0001-001", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			c.in["description"] = "d"
			d := e.create(cacheType, "x", c.in)
			settled(e, d, c.in)
			out := values(t, d.outputs)
			if out["numCacheClusters"] != c.all || out["numNodeGroups"] != c.groups || out["replicasPerNodeGroup"] != c.replicas {
				t.Errorf("%v nodes in %v groups with %v replicas", out["numCacheClusters"], out["numNodeGroups"], out["replicasPerNodeGroup"])
			}
			members, _ := out["memberClusters"].([]any)
			if len(members) != int(c.all) || members[len(members)-1] != d.id+c.last {
				t.Errorf("members %v", members)
			}
			for _, address := range []string{"primaryEndpointAddress", "readerEndpointAddress", "configurationEndpointAddress"} {
				if want := (address == "configurationEndpointAddress") == c.cluster; (out[address] != "") != want {
					t.Errorf("%s is %q", address, out[address])
				}
			}
			fewer := props{"description": "d", "numCacheClusters": 2}
			if err := e.update(d, fewer); err != nil {
				t.Fatal(err)
			}
			settled(e, d, fewer)
		})
	}
}

// What the program leaves out, and what it says is empty, stays so after a
// refresh.
func TestDataServicesAnswerNoInputThatNobodyGave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		in          props
	}{
		{"the billing of a table", tableType, props{
			"hashKey": "id", "attributes": []any{props{"name": "id", "type": "S"}}, "readCapacity": 1, "writeCapacity": 1,
		}},
		{"no groups of a database", rdsType, postgres(props{"vpcSecurityGroupIds": []any{}})},
		{"no stages of a secret", versionType, props{"secretId": "taken", "secretString": "x", "versionStages": []any{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			e.create(secretType, "taken", props{"name": "taken"})
			settled(e, e.create(c.token, "x", c.in), c.in)
		})
	}
}
