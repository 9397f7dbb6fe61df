package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

const dynamoTableToken = "aws:dynamodb/table:Table"

var tableName = regexp.MustCompile(`^[0-9A-Za-z_.-]{3,255}$`)

var dynamodb = map[string]Behaviour{
	dynamoTableToken: {
		Check: all(
			pattern("name", tableName, "is not the name of a table: 3 to 255 letters, digits, underscores, hyphens and dots"),
			checkTableKeys, checkThroughput, checkStream),
		Links:  []Link{withKey("serverSideEncryption.kmsKeyArn", Error{"ValidationException", "KMS key '%s' does not exist"})},
		Unique: &Unique{[]string{"name"}, Error{"ResourceInUseException", "Table already exists: %s"}},
		Refuse: refuseTable,
		Keep: func(r Resource) error {
			if r.State.Flag("deletionProtectionEnabled") {
				return refuse("ValidationException",
					"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
			}
			return nil
		},
		ID:      func(c *Call) string { return c.In.Text("name") },
		Outputs: tableOutputs,
	},
}

func tableOutputs(c *Call, out Object) {
	out["arn"] = c.ARN("dynamodb", "table/"+out.Text("name"))
	if !out.Flag("streamEnabled") {
		return // the ARN of the last stream stays, as in AWS
	}
	out.put("streamLabel", c.Now.Format("2006-01-02T15:04:05.000"))
	out.put("streamArn", out.Text("arn")+"/stream/"+out.Text("streamLabel"))
}

// checkTableKeys: DynamoDB wants every attribute of a key declared, and no other.
func checkTableKeys(in Object) []Failure {
	declared, used := map[string]bool{}, map[string]bool{}
	for _, name := range in.text("attributes[].name") {
		declared[name] = true
	}
	for _, path := range []string{"hashKey", "rangeKey", "globalSecondaryIndexes[].hashKey", "globalSecondaryIndexes[].rangeKey", "localSecondaryIndexes[].rangeKey"} {
		for _, name := range in.text(path) {
			used[name] = true
		}
	}
	var out []Failure
	if names := without(declared, used); len(names) > 0 {
		out = append(out, Failure{"attributes", fmt.Sprintf("all attributes must be indexed. Unused attributes: %q", names)})
	}
	if names := without(used, declared); len(names) > 0 {
		out = append(out, Failure{"attributes", fmt.Sprintf("all indexes must match a defined attribute. Unmatched indexes: %q", names)})
	}
	return out
}

func without(some, others map[string]bool) []string {
	rest := maps.Clone(some)
	maps.DeleteFunc(rest, func(name string, _ bool) bool { return others[name] })
	return slices.Sorted(maps.Keys(rest))
}

func checkThroughput(in Object) []Failure {
	if in.Text("billingMode") == "PAY_PER_REQUEST" {
		return nil
	}
	if _, unknown := in["billingMode"].(Unknown); unknown {
		return nil
	}
	var out []Failure
	for _, key := range []string{"readCapacity", "writeCapacity"} {
		if n, ok := in.whole(key); in[key] == nil || ok && n < 1 {
			out = append(out, Failure{key, fmt.Sprintf(`%s must be at least 1 when billingMode is "PROVISIONED"`, key)})
		}
	}
	return out
}

func checkStream(in Object) []Failure {
	if in.Flag("streamEnabled") && in["streamViewType"] == nil {
		return []Failure{{"streamViewType", "streamViewType is required when streamEnabled is true"}}
	}
	return nil
}

// The quotas of a table.
const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
)

func refuseTable(c *Call) error {
	global, local := len(c.In.objects("globalSecondaryIndexes[]")), len(c.In.objects("localSecondaryIndexes[]"))
	switch {
	case local > 0 && !c.In.has("rangeKey"):
		return refuse("ValidationException",
			"One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	case local > maxLocalIndexes:
		return refuse("ValidationException",
			"One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	case global > maxGlobalIndexes:
		return refuse("LimitExceededException",
			"One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}
