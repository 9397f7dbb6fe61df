package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/table"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	tableType  = "aws:dynamodb/table:Table"
	targetType = "aws:appautoscaling/target:Target"
	policyType = "aws:appautoscaling/policy:Policy"
	alarmType  = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func TestTableKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:table:Table",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return table.New(ctx, name, table.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return table.New(ctx, name, table.Args{
				Capacity: &table.Capacity{}, Tags: map[string]string{"owner": "payments"},
			})
		},
	})
}

// orders is a table with every argument given.
func orders() table.Args {
	return table.Args{
		HashKey:  table.String("customer"),
		RangeKey: table.Number("at"),
		GlobalIndexes: []table.GlobalIndex{
			{Name: "by-status", HashKey: table.String("status"), RangeKey: table.Number("at")},
			{Name: "by-invoice", HashKey: table.Binary("invoice"), Projection: table.Some, Include: []string{"total"}},
		},
		LocalIndexes: []table.LocalIndex{{Name: "by-total", RangeKey: table.Number("total"), Projection: table.KeysOnly}},
		Stream:       table.NewAndOld,
		TTLAttribute: "expires",
		Capacity:     &table.Capacity{Read: table.Range{Min: 5, Max: 50}, Write: table.Range{Min: 2, Max: 2}, TargetPercent: 60},
		RecoveryDays: 7,
		Unprotected:  true,
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:         map[string]string{"owner": "payments"},
	}
}

func record(t *testing.T, args table.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := table.New(ctx, "orders", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAProtectedRecoverableTablePaidByRequest(t *testing.T) {
	t.Parallel()
	rec := record(t, table.Args{})
	want := map[string]any{
		"hashKey": "id", "attributes": []any{map[string]any{"name": "id", "type": "S"}},
		"billingMode": "PAY_PER_REQUEST", "deletionProtectionEnabled": true,
		"pointInTimeRecovery": map[string]any{"enabled": true, "recoveryPeriodInDays": 35.0},
		"tags":                map[string]any{"Name": "orders"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, tableType, "orders")); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if n := len(rec.Of(targetType)); n != 0 {
		t.Errorf("%d scaling targets were registered", n)
	}
}

func TestEveryArgumentReachesTheTable(t *testing.T) {
	t.Parallel()
	args := orders()
	args.KMSKeyARN = pulumi.String("arn:aws:kms:::key/1")
	attribute := func(name, typ string) any { return map[string]any{"name": name, "type": typ} }
	want := map[string]any{
		"hashKey": "customer", "rangeKey": "at",
		"attributes": []any{attribute("at", "N"), attribute("customer", "S"), attribute("invoice", "B"),
			attribute("status", "S"), attribute("total", "N")},
		"globalSecondaryIndexes": []any{
			map[string]any{"name": "by-status", "hashKey": "status", "rangeKey": "at", "projectionType": "ALL",
				"readCapacity": 5.0, "writeCapacity": 2.0},
			map[string]any{"name": "by-invoice", "hashKey": "invoice", "projectionType": "INCLUDE",
				"nonKeyAttributes": []any{"total"}, "readCapacity": 5.0, "writeCapacity": 2.0},
		},
		"localSecondaryIndexes": []any{map[string]any{"name": "by-total", "rangeKey": "total", "projectionType": "KEYS_ONLY"}},
		"streamEnabled":         true, "streamViewType": "NEW_AND_OLD_IMAGES",
		"ttl":         map[string]any{"attributeName": "expires", "enabled": true},
		"billingMode": "PROVISIONED", "readCapacity": 5.0, "writeCapacity": 2.0,
		"deletionProtectionEnabled": false,
		"pointInTimeRecovery":       map[string]any{"enabled": true, "recoveryPeriodInDays": 7.0},
		"serverSideEncryption":      map[string]any{"enabled": true, "kmsKeyArn": "arn:aws:kms:::key/1"},
		"tags":                      map[string]any{"Name": "orders", "owner": "payments"},
	}
	if diff := cmp.Diff(want, record(t, args).Inputs(t, tableType, "orders")); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestCapacityFollowsTheLoadOfTableAndIndexes(t *testing.T) {
	t.Parallel()
	rec := record(t, orders())
	for name, of := range map[string]struct{ resource, dimension string }{
		"orders-reads":            {"table/orders", "dynamodb:table:ReadCapacityUnits"},
		"orders-by-status-reads":  {"table/orders/index/by-status", "dynamodb:index:ReadCapacityUnits"},
		"orders-by-invoice-reads": {"table/orders/index/by-invoice", "dynamodb:index:ReadCapacityUnits"},
	} {
		want := map[string]any{
			"serviceNamespace": "dynamodb", "resourceId": of.resource, "scalableDimension": of.dimension,
			"minCapacity": 5.0, "maxCapacity": 50.0, "tags": map[string]any{"Name": name, "owner": "payments"},
		}
		if diff := cmp.Diff(want, rec.Inputs(t, targetType, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		want = map[string]any{
			"policyType": "TargetTrackingScaling", "serviceNamespace": "dynamodb",
			"resourceId": of.resource, "scalableDimension": of.dimension,
			"targetTrackingScalingPolicyConfiguration": map[string]any{"targetValue": 60.0,
				"predefinedMetricSpecification": map[string]any{"predefinedMetricType": "DynamoDBReadCapacityUtilization"}},
		}
		if diff := cmp.Diff(want, rec.Inputs(t, policyType, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(rec.Of(targetType)); n != 3 {
		t.Errorf("%d targets: a fixed capacity needs none", n)
	}
	if diff := cmp.Diff([]string{"readCapacity"}, rec.Of(tableType)[0].Ignored); diff != "" {
		t.Errorf("ignored changes (-want +got):\n%s", diff)
	}
}

func TestAlarmsWatchTableIndexesAndOperations(t *testing.T) {
	t.Parallel()
	rec := record(t, orders())
	index := map[string]any{"TableName": "orders", "GlobalSecondaryIndexName": "by-status"}
	for name, want := range map[string]struct {
		metric string
		of     map[string]any
	}{
		"orders-read-throttles":            {"ReadThrottleEvents", map[string]any{"TableName": "orders"}},
		"orders-write-throttles":           {"WriteThrottleEvents", map[string]any{"TableName": "orders"}},
		"orders-read-throttles-by-status":  {"ReadThrottleEvents", index},
		"orders-write-throttles-by-status": {"WriteThrottleEvents", index},
		"orders-errors-query":              {"SystemErrors", map[string]any{"TableName": "orders", "Operation": "Query"}},
	} {
		got := rec.Inputs(t, alarmType, name)
		for key, v := range map[string]any{
			"metricName": want.metric, "dimensions": want.of, "statistic": "Sum", "threshold": 0.0,
			"alarmActions": []any{"arn:aws:sns:eu-west-1:123456789012:pager"},
		} {
			if diff := cmp.Diff(v, got[key]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, key, diff)
			}
		}
	}
	if n := len(record(t, table.Args{}).Of(alarmType)); n != 6 {
		t.Errorf("a table without indexes has %d alarms, and says that it has six", n)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("a", i)
	}
	tests := map[string]struct {
		args table.Args
		want string
	}{
		"keys": {
			table.Args{
				HashKey: table.String("id"), RangeKey: table.String("id"), TTLAttribute: "id", Stream: "ALL",
				GlobalIndexes: []table.GlobalIndex{{Name: "by-id", HashKey: table.Number("id"), RangeKey: table.Number("id")}},
			},
			"table \"orders\": 5 problems:\n  RangeKey: id is the HashKey, too\n" +
				"  keys: id has the types N and S: an attribute has one\n  GlobalIndexes[0].RangeKey: id is the HashKey, too\n" +
				"  Stream: \"ALL\" is not one of KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES\n" +
				"  TTLAttribute: id is a key that does not hold a number",
		},
		"indexes": {
			table.Args{
				GlobalIndexes: []table.GlobalIndex{
					{Name: "x", HashKey: table.String("a"), Projection: table.Some},
					{Name: "same", HashKey: table.Attribute{Name: "b", Type: "T"}, Include: []string{"c"}},
				},
				LocalIndexes: []table.LocalIndex{{Name: "same", RangeKey: table.String("id"), Projection: "NONE"}},
			},
			"table \"orders\": 8 problems:\n  LocalIndexes: a table without a RangeKey has none\n" +
				"  GlobalIndexes[0].Name: \"x\" is not 3 to 255 letters, digits, underscores, hyphens and dots\n" +
				"  GlobalIndexes[0].Include: the projection Some includes something: name it\n" +
				"  GlobalIndexes[1].Include: needs the projection Some\n" +
				"  GlobalIndexes[1].HashKey.Type: \"T\" is not one of S, N, B\n" +
				"  LocalIndexes[0].Projection: \"NONE\" is not one of ALL, KEYS_ONLY, INCLUDE\n" +
				"  LocalIndexes[0].Name: \"same\" is the name of another index, too\n" +
				"  LocalIndexes[0].RangeKey: id is the table's HashKey",
		},
		"limits": {
			table.Args{
				RangeKey: table.String("at"),
				GlobalIndexes: append([]table.GlobalIndex{{Name: "all", HashKey: table.String("a"), Projection: table.Some, Include: many}},
					globals(20)...),
				LocalIndexes: locals(6),
				RecoveryDays: 36,
				Capacity:     &table.Capacity{Read: table.Range{Min: -1, Max: 50000}, Write: table.Range{Min: 9, Max: 3}, TargetPercent: 95},
			},
			"table \"orders\": 8 problems:\n  GlobalIndexes: 21 are more than 20\n  LocalIndexes: 6 are more than 5\n" +
				"  Include: all indexes together include 101 attributes, more than 100: use Everything\n" +
				"  RecoveryDays: 36 is not between 1 and 35\n  Capacity.Read.Min: -1 is not between 1 and 40000\n" +
				"  Capacity.Read.Max: 50000 is not between 1 and 40000\n  Capacity.Write.Max: 3 is not between 9 and 40000\n" +
				"  Capacity.TargetPercent: 95 is not between 20 and 90",
		},
		"both": {
			table.Args{NoRecovery: true, RecoveryDays: 7},
			`table "orders": RecoveryDays: restoring is turned off: give RecoveryDays or NoRecovery`,
		},
		"a key without a name": {
			table.Args{HashKey: table.String("")},
			`table "orders": HashKey: "" is not the name of an attribute: 1 to 255 bytes`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := table.New(ctx, "orders", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func globals(n int) []table.GlobalIndex {
	list := make([]table.GlobalIndex, n)
	for i := range list {
		list[i] = table.GlobalIndex{Name: fmt.Sprint("by-", i), HashKey: table.String("a")}
	}
	return list
}

func locals(n int) []table.LocalIndex {
	list := make([]table.LocalIndex, n)
	for i := range list {
		list[i] = table.LocalIndex{Name: fmt.Sprint("local-", i), RangeKey: table.String("a")}
	}
	return list
}

func TestTablesDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		if _, err := table.New(ctx, "plain", table.Args{}); err != nil {
			return err
		}
		key, err := kms.NewKey(ctx, "key", &kms.KeyArgs{})
		if err != nil {
			return err
		}
		args := orders()
		args.KMSKeyARN, args.Capacity = key.Arn, nil
		full, err := table.New(ctx, "full", args)
		if err != nil {
			return err
		}
		ctx.Export("arn", full.ARN)
		ctx.Export("streamArn", full.StreamARN)
		return nil
	})
	r.Settled()
	r.Golden()
}

func TestATableWithCapacityDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := table.New(ctx, "orders", orders())
		return err
	})
	if n := len(r.Resources(targetType)); n != 3 {
		t.Errorf("%d scaling targets, want those of the table and two indexes", n)
	}
	r.Settled()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		orders, err := table.New(ctx, "orders", table.Args{
			HashKey:  table.String("customer"),
			RangeKey: table.Number("at"),
		})
		if err != nil {
			return err
		}
		ctx.Export("table", orders.Name)
		return nil
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-errors-get
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-errors-put
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-errors-query
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-errors-update
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-read-throttles
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-write-throttles
	// aws:dynamodb/table:Table orders
	// trunkline:table:Table orders
}
