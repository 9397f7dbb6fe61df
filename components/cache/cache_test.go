package cache_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/cache"
	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	groupType   = "aws:elasticache/replicationGroup:ReplicationGroup"
	paramsType  = "aws:elasticache/parameterGroup:ParameterGroup"
	subnetsType = "aws:elasticache/subnetGroup:SubnetGroup"
	ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	alarmType   = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func TestCacheKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:cache:Cache",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return cache.New(ctx, name, cache.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return cache.New(ctx, name, everything())
		},
	})
}

// everything is every argument, given.
func everything() cache.Args {
	return cache.Args{
		Engine:            cache.Redis,
		EngineVersion:     "7.0",
		NodeType:          "cache.r7g.large",
		Nodes:             2,
		VPCID:             pulumi.String("vpc-1"),
		SubnetIDs:         pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		Clients:           securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}},
		Port:              6380,
		AuthToken:         pulumi.String("correct-horse-battery"),
		KMSKeyARN:         pulumi.String("arn:aws:kms:::key/1"),
		Parameters:        map[string]string{"maxmemory-policy": "allkeys-lru"},
		SnapshotDays:      35,
		SnapshotWindow:    "02:00-03:00",
		MaintenanceWindow: "sun:03:00-sun:04:00",
		ApplyAtOnce:       true,
		AlarmActions:      pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:              map[string]string{"owner": "payments"},
	}
}

func record(t *testing.T, args cache.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := cache.New(ctx, "sessions", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveOneEncryptedNodeThatNobodyReaches(t *testing.T) {
	t.Parallel()
	rec := record(t, cache.Args{})
	want := map[string]any{
		"description": "Cache sessions", "engine": "valkey", "engineVersion": "8.0", "nodeType": "cache.t4g.micro",
		"numCacheClusters": 1.0, "automaticFailoverEnabled": false, "multiAzEnabled": false, "port": 6379.0,
		"securityGroupIds": []any{"securitygroup-sessions"}, "parameterGroupName": "sessions",
		"atRestEncryptionEnabled": true, "transitEncryptionEnabled": true, "autoMinorVersionUpgrade": true,
		"applyImmediately": false, "snapshotRetentionLimit": 7.0, "finalSnapshotIdentifier": "sessions-final",
		"tags": map[string]any{"Name": "sessions"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, groupType, "sessions")); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
	if got := rec.Inputs(t, paramsType, "sessions"); got["family"] != "valkey8" || got["parameters"] != nil {
		t.Errorf("parameters: %v", got)
	}
	if n := len(rec.Of(ingressType)) + len(rec.Of(subnetsType)); n != 0 {
		t.Errorf("%d rules and subnet groups were registered", n)
	}
}

func TestEveryArgumentReachesTheCache(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	want := map[string]any{
		"description": "Cache sessions", "engine": "redis", "engineVersion": "7.0", "nodeType": "cache.r7g.large",
		"numCacheClusters": 2.0, "automaticFailoverEnabled": true, "multiAzEnabled": true, "port": 6380.0,
		"subnetGroupName": "sessions", "securityGroupIds": []any{"securitygroup-sessions"}, "parameterGroupName": "sessions",
		"atRestEncryptionEnabled": true, "transitEncryptionEnabled": true, "autoMinorVersionUpgrade": true,
		"authToken": "[secret]", "kmsKeyId": "arn:aws:kms:::key/1",
		"applyImmediately": true, "snapshotRetentionLimit": 35.0, "finalSnapshotIdentifier": "sessions-final",
		"snapshotWindow": "02:00-03:00", "maintenanceWindow": "sun:03:00-sun:04:00",
		"tags": map[string]any{"Name": "sessions", "owner": "payments"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, groupType, "sessions")); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
	params := rec.Inputs(t, paramsType, "sessions")
	if diff := cmp.Diff([]any{map[string]any{"name": "maxmemory-policy", "value": "allkeys-lru"}}, params["parameters"]); diff != "" || params["family"] != "redis7" {
		t.Errorf("family %v, parameters (-want +got):\n%s", params["family"], diff)
	}
	if got := rec.Inputs(t, ingressType, "sessions-ingress-tcp-6380-10.0.0.0-16"); got["cidrIpv4"] != "10.0.0.0/16" {
		t.Errorf("rule: %v", got)
	}
	if strings.Contains(fmt.Sprint(rec.Resources), "correct-horse") {
		t.Error("the token is readable somewhere")
	}
}

func TestNoSnapshotsTakesNotEvenALastOne(t *testing.T) {
	t.Parallel()
	got := record(t, cache.Args{NoSnapshots: true}).Inputs(t, groupType, "sessions")
	if got["snapshotRetentionLimit"] != 0.0 || got["finalSnapshotIdentifier"] != nil {
		t.Errorf("kept for %v days, last one %v", got["snapshotRetentionLimit"], got["finalSnapshotIdentifier"])
	}
}

func TestAlarmsWatchEveryNode(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, node := range map[string]string{
		"sessions-001-cpu": "001", "sessions-001-memory": "001", "sessions-002-cpu": "002", "sessions-002-memory": "002",
	} {
		got := rec.Inputs(t, alarmType, name)
		if diff := cmp.Diff(map[string]any{"CacheClusterId": "replicationgroup-sessions-" + node}, got["dimensions"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]any{"arn:aws:sns:eu-west-1:123456789012:pager"}, got["alarmActions"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(rec.Of(alarmType)); n != 4 {
		t.Errorf("%d alarms, want 4", n)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args cache.Args
		want string
	}{
		"everything out of bounds": {
			cache.Args{
				Engine: cache.Redis, EngineVersion: "6.2", NodeType: "t4g.micro", Nodes: 7, SubnetIDs: pulumi.StringArray{},
				Clients: securitygroup.Peers{CIDRs: []string{"10.0.0.1/8"}}, Port: 80,
				Parameters: map[string]string{"cluster-enabled": "yes"}, SnapshotDays: 36,
				SnapshotWindow: "05:00-05:30", MaintenanceWindow: "sunday",
			},
			"cache \"sessions\": 10 problems:\n" +
				"  EngineVersion: \"6.2\" is not a version of redis such as 7.2: from 7.0\n" +
				"  NodeType: \"t4g.micro\" is not a node type such as cache.t4g.micro\n" +
				"  Nodes: 7 is not between 1 and 6\n" +
				"  SubnetIDs: SubnetIDs and VPCID go together: give both or none\n" +
				"  Clients.CIDRs[0]: 10.0.0.1/8 has bits set behind /8: did you mean 10.0.0.0/8?\n" +
				"  Port: 80 is not between 1024 and 65535\n" +
				"  Parameters: cluster-enabled is for caches with shards, which this is not\n" +
				"  SnapshotDays: 36 is not between 1 and 35\n" +
				"  SnapshotWindow: 05:00-05:30 lasts 30m0s, not 1h0m0s to 24h0m0s\n" +
				"  MaintenanceWindow: \"sunday\" is not a window such as sun:05:00-sun:06:00, in UTC",
		},
		"an engine that is none": {
			cache.Args{Engine: "memcached"},
			`cache "sessions": Engine: "memcached" is not one of valkey, redis`,
		},
		"snapshots and none": {
			cache.Args{NoSnapshots: true, SnapshotWindow: "05:00-06:00"},
			`cache "sessions": NoSnapshots: there is a SnapshotDays or SnapshotWindow: give one or the other`,
		},
		"windows that overlap": {
			cache.Args{SnapshotWindow: "05:00-06:00", MaintenanceWindow: "sun:05:30-sun:07:00"},
			`cache "sessions": SnapshotWindow: 05:00-06:00 overlaps with MaintenanceWindow, which is sun:05:30-sun:07:00`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := cache.New(ctx, "sessions", tt.args)
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

func TestANameThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	_, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := cache.New(ctx, strings.Repeat("x", 33), cache.Args{})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "is not at most 32 lower-case letters") {
		t.Errorf("error: %v", err)
	}
}

func TestCachesDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		plain, err := cache.New(ctx, "plain", cache.Args{})
		if err != nil {
			return err
		}
		ctx.Export("plainEndpoint", plain.Endpoint)
		network, err := ec2.NewVpc(ctx, "vpc", &ec2.VpcArgs{CidrBlock: pulumi.String("10.0.0.0/16")})
		if err != nil {
			return err
		}
		subnet, err := ec2.NewSubnet(ctx, "subnet", &ec2.SubnetArgs{VpcId: network.ID(), CidrBlock: pulumi.String("10.0.0.0/24")})
		if err != nil {
			return err
		}
		key, err := kms.NewKey(ctx, "key", &kms.KeyArgs{})
		if err != nil {
			return err
		}
		args := everything()
		args.VPCID, args.SubnetIDs, args.KMSKeyARN = network.ID(), pulumi.StringArray{subnet.ID()}, key.Arn
		full, err := cache.New(ctx, "full", args)
		if err != nil {
			return err
		}
		ctx.Export("fullEndpoint", full.Endpoint)
		ctx.Export("fullReaderEndpoint", full.ReaderEndpoint)
		return nil
	})
	if strings.Contains(r.Tree(), "correct-horse") {
		t.Error("the token stands in what a reviewer reads")
	}
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		sessions, err := cache.New(ctx, "sessions", cache.Args{
			Nodes:   2,
			Clients: securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}},
		})
		if err != nil {
			return err
		}
		ctx.Export("endpoint", sessions.Endpoint)
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
	// aws:cloudwatch/metricAlarm:MetricAlarm sessions-001-cpu
	// aws:cloudwatch/metricAlarm:MetricAlarm sessions-001-memory
	// aws:cloudwatch/metricAlarm:MetricAlarm sessions-002-cpu
	// aws:cloudwatch/metricAlarm:MetricAlarm sessions-002-memory
	// aws:ec2/securityGroup:SecurityGroup sessions
	// aws:elasticache/parameterGroup:ParameterGroup sessions
	// aws:elasticache/replicationGroup:ReplicationGroup sessions
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule sessions-ingress-tcp-6379-10.0.0.0-16
	// trunkline:cache:Cache sessions
}
