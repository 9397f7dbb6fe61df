package database_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/database"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

const (
	instanceType = "aws:rds/instance:Instance"
	subnetsType  = "aws:rds/subnetGroup:SubnetGroup"
	paramsType   = "aws:rds/parameterGroup:ParameterGroup"
	groupType    = "aws:ec2/securityGroup:SecurityGroup"
	ingressType  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	alarmType    = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func TestDatabaseKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:database:Database",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return database.New(ctx, name, database.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			args := everything()
			args.Tags = map[string]string{"owner": "payments"}
			return database.New(ctx, name, args)
		},
	})
}

// everything is every argument, given.
func everything() database.Args {
	return database.Args{
		EngineVersion:           "16.4",
		AllowMajorUpgrade:       true,
		Class:                   "db.r6g.large",
		MultiAZ:                 true,
		StorageGiB:              200,
		MaxStorageGiB:           1000,
		DatabaseName:            "orders",
		Username:                "root_1",
		Password:                pulumi.String("correct-horse"),
		IAMAuthentication:       true,
		VPCID:                   pulumi.String("vpc-1"),
		SubnetIDs:               pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		Clients:                 clients(pulumi.String("sg-1")),
		Port:                    6432,
		KMSKeyARN:               pulumi.String("arn:aws:kms:::key/1"),
		Parameters:              map[string]database.Parameter{"shared_buffers": {Value: "262144", AtReboot: true}, "log_connections": {Value: "0"}},
		SlowQuery:               250 * time.Millisecond,
		BackupDays:              35,
		BackupWindow:            "02:00-03:00",
		MaintenanceWindow:       "sun:03:00-sun:04:00",
		ApplyAtOnce:             true,
		NoLogExports:            true,
		PerformanceInsightsDays: 93,
		Unprotected:             true,
		MaxConnections:          400,
		AlarmActions:            pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:                    map[string]string{"owner": "payments"},
	}
}

func clients(app pulumi.StringInput) securitygroup.Peers {
	return securitygroup.Peers{
		CIDRs:  []string{"10.8.0.0/16"},
		Groups: map[string]pulumi.StringInput{"app": app},
	}
}

func record(t *testing.T, args database.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := database.New(ctx, "orders", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAnEncryptedProtectedDatabaseThatNobodyReaches(t *testing.T) {
	t.Parallel()
	rec := record(t, database.Args{})
	want := map[string]any{
		"identifierPrefix": "orders-", "engine": "postgres", "engineVersion": "17",
		"allowMajorVersionUpgrade": false, "autoMinorVersionUpgrade": true,
		"instanceClass": "db.t4g.micro", "multiAz": false,
		"storageType": "gp3", "allocatedStorage": 20.0, "maxAllocatedStorage": 100.0, "storageEncrypted": true,
		"dbName": "app", "username": "dbadmin", "manageMasterUserPassword": true, "iamDatabaseAuthenticationEnabled": false,
		"parameterGroupName": "orders", "vpcSecurityGroupIds": []any{"securitygroup-orders"},
		"publiclyAccessible": false, "port": 5432.0,
		"backupRetentionPeriod": 7.0, "copyTagsToSnapshot": true, "applyImmediately": false,
		"enabledCloudwatchLogsExports": []any{"postgresql", "upgrade"},
		"deletionProtection":           true, "skipFinalSnapshot": false, "finalSnapshotIdentifier": "orders-final-8d68be",
		"tags": map[string]any{"Name": "orders"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, instanceType, "orders")); diff != "" {
		t.Errorf("instance (-want +got):\n%s", diff)
	}
	if n := len(rec.Of(ingressType)) + len(rec.Of(subnetsType)); n != 0 {
		t.Errorf("%d rules and subnet groups were registered", n)
	}
}

func TestPostgresRefusesPlainConnectionsAndLogsWhatIsSlow(t *testing.T) {
	t.Parallel()
	setting := func(name, value, method string) any {
		return map[string]any{"name": name, "value": value, "applyMethod": method}
	}
	for name, tt := range map[string]struct {
		args   database.Args
		family string
		want   []any
	}{
		"by default": {database.Args{}, "postgres17", []any{
			setting("log_connections", "1", "immediate"), setting("log_disconnections", "1", "immediate"),
			setting("log_lock_waits", "1", "immediate"), setting("log_min_duration_statement", "1000", "immediate"),
			setting("rds.force_ssl", "1", "immediate"),
		}},
		"with settings of one's own": {everything(), "postgres16", []any{
			setting("log_connections", "0", "immediate"), setting("log_disconnections", "1", "immediate"),
			setting("log_lock_waits", "1", "immediate"), setting("log_min_duration_statement", "250", "immediate"),
			setting("rds.force_ssl", "1", "immediate"), setting("shared_buffers", "262144", "pending-reboot"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := record(t, tt.args).Inputs(t, paramsType, "orders")
			if diff := cmp.Diff(tt.want, got["parameters"]); diff != "" || got["family"] != tt.family {
				t.Errorf("family %v, parameters (-want +got):\n%s", got["family"], diff)
			}
		})
	}
}

func TestEveryArgumentReachesTheInstance(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	want := map[string]any{
		"identifierPrefix": "orders-", "engine": "postgres", "engineVersion": "16.4",
		"allowMajorVersionUpgrade": true, "autoMinorVersionUpgrade": true,
		"instanceClass": "db.r6g.large", "multiAz": true,
		"storageType": "gp3", "allocatedStorage": 200.0, "maxAllocatedStorage": 1000.0,
		"storageEncrypted": true, "kmsKeyId": "arn:aws:kms:::key/1",
		"dbName": "orders", "username": "root_1", "password": "[secret]", "iamDatabaseAuthenticationEnabled": true,
		"dbSubnetGroupName": "orders", "parameterGroupName": "orders", "vpcSecurityGroupIds": []any{"securitygroup-orders"},
		"publiclyAccessible": false, "port": 6432.0,
		"backupRetentionPeriod": 35.0, "backupWindow": "02:00-03:00", "maintenanceWindow": "sun:03:00-sun:04:00",
		"copyTagsToSnapshot": true, "applyImmediately": true,
		"performanceInsightsEnabled": true, "performanceInsightsRetentionPeriod": 93.0,
		"performanceInsightsKmsKeyId": "arn:aws:kms:::key/1",
		"deletionProtection":          false, "skipFinalSnapshot": false, "finalSnapshotIdentifier": "orders-final-8e5c8a",
		"tags": map[string]any{"Name": "orders", "owner": "payments"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, instanceType, "orders")); diff != "" {
		t.Errorf("instance (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"subnet-1", "subnet-2"}, rec.Inputs(t, subnetsType, "orders")["subnetIds"]); diff != "" {
		t.Errorf("subnets (-want +got):\n%s", diff)
	}
	if got := rec.Inputs(t, groupType, "orders")["vpcId"]; got != "vpc-1" {
		t.Errorf("the security group is in %v", got)
	}
	for name, peer := range map[string]string{
		"orders-ingress-tcp-6432-10.8.0.0-16": "cidrIpv4", "orders-ingress-tcp-6432-app": "referencedSecurityGroupId",
	} {
		if got := rec.Inputs(t, ingressType, name); got[peer] == nil || got["fromPort"] != 6432.0 || got["toPort"] != 6432.0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if strings.Contains(fmt.Sprint(rec.Resources), "correct-horse") {
		t.Error("the password is readable somewhere")
	}
}

func TestOwnKeyEncryptsThePasswordThatRDSKeeps(t *testing.T) {
	t.Parallel()
	got := record(t, database.Args{KMSKeyARN: pulumi.String("arn:aws:kms:::key/1")}).Inputs(t, instanceType, "orders")
	if got["masterUserSecretKmsKeyId"] != "arn:aws:kms:::key/1" || got["kmsKeyId"] != "arn:aws:kms:::key/1" {
		t.Errorf("keys: %v and %v", got["masterUserSecretKmsKeyId"], got["kmsKeyId"])
	}
}

func TestOptionsTurnOffWhatIsOnByDefault(t *testing.T) {
	t.Parallel()
	got := record(t, database.Args{NoBackups: true, NoFinalSnapshot: true, StorageGiB: 50, MaxStorageGiB: 50}).Inputs(t, instanceType, "orders")
	for key, want := range map[string]any{
		"backupRetentionPeriod": 0.0, "skipFinalSnapshot": true, "finalSnapshotIdentifier": nil, "maxAllocatedStorage": nil,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
}

func TestAReplacedInstanceTakesItsLastSnapshotUnderAnotherName(t *testing.T) {
	t.Parallel()
	seen := map[any]string{}
	for name, args := range map[string]database.Args{
		"zero": {}, "database": {DatabaseName: "other"}, "user": {Username: "other"}, "key": {KMSKeyARN: pulumi.String("arn:aws:kms:::key/1")},
	} {
		id := record(t, args).Inputs(t, instanceType, "orders")["finalSnapshotIdentifier"]
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s: %v", name, other, id)
		}
		seen[id] = name
	}
}

func TestAlarmsWatchWhatFillsUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args database.Args
		want map[string]float64
	}{
		"burstable": {database.Args{}, map[string]float64{
			"orders-cpu": 85, "orders-storage": 2147483648, "orders-connections": 89, "orders-credits": 0,
		}},
		"not burstable": {everything(), map[string]float64{
			"orders-cpu": 85, "orders-storage": 21474836480, "orders-connections": 400,
		}},
		"large": {database.Args{Class: "db.r6g.16xlarge"}, map[string]float64{
			"orders-cpu": 85, "orders-storage": 2147483648, "orders-connections": 4000,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]float64{}
			for _, a := range record(t, tt.args).Of(alarmType) {
				got[a.Name] = a.Inputs["threshold"].(float64)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("thresholds (-want +got):\n%s", diff)
			}
		})
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		orders, err := database.New(ctx, "orders", database.Args{
			Clients: securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}},
		})
		if err != nil {
			return err
		}
		ctx.Export("endpoint", orders.Endpoint)
		ctx.Export("secretArn", orders.SecretARN)
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
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-connections
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-cpu
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-credits
	// aws:cloudwatch/metricAlarm:MetricAlarm orders-storage
	// aws:ec2/securityGroup:SecurityGroup orders
	// aws:rds/instance:Instance orders
	// aws:rds/parameterGroup:ParameterGroup orders
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule orders-ingress-tcp-5432-10.0.0.0-16
	// trunkline:database:Database orders
}
