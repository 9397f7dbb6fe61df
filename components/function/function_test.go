package function_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/image"
)

const (
	functionType = "aws:lambda/function:Function"
	policyType   = "aws:iam/rolePolicy:RolePolicy"
	mappingType  = "aws:lambda/eventSourceMapping:EventSourceMapping"
)

// code is the smallest program.
func code() pulumi.Archive {
	return pulumi.NewAssetArchive(map[string]any{"bootstrap": pulumi.NewStringAsset("#!/bin/sh\n")})
}

func smallest() function.Args {
	return function.Args{Code: code(), Handler: "bootstrap", Runtime: "provided.al2023"}
}

// everything sets all options that go together.
func everything() function.Args {
	return function.Args{
		Code: code(), Handler: "app.handle", Runtime: "python3.13", Architecture: function.X86,
		Environment: pulumi.StringMap{
			"LEVEL":    pulumi.String("info"),
			"PASSWORD": pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput),
		},
		Timeout: time.Minute, MemoryMiB: 1024, Reserved: 5,
		Policy: pulumi.String(iampolicy.Document{{
			Effect: iampolicy.Allow, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::files/*"},
		}}.JSON()),
		VPCID:     pulumi.String("vpc-1"),
		SubnetIDs: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		Queues: []function.Queue{{
			Name: "work", ARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:work"),
			BatchSize: 100, Window: 5 * time.Second, MaxConcurrency: 4, PartialFailures: true,
		}},
		LogDays: 90, Tracing: true,
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:         map[string]string{"owner": "payments"},
	}
}

func TestFunctionKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:function:Function",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			args := smallest() // in a VPC, so that no output is empty
			args.VPCID, args.SubnetIDs = pulumi.String("vpc-1"), pulumi.ToStringArray([]string{"subnet-1"})
			return function.New(ctx, name, args, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return function.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args function.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := function.New(ctx, "mailer", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestTheSmallestArgumentsGiveAFunctionThatMayOnlyLogAndPutAside(t *testing.T) {
	t.Parallel()
	rec := record(t, smallest())
	got := rec.Inputs(t, functionType, "mailer")
	delete(got, "code")
	want := map[string]any{
		"role": "arn:aws:role:::mailer", "architectures": []any{"arm64"}, "timeout": 30.0, "memorySize": 256.0,
		"handler": "bootstrap", "runtime": "provided.al2023",
		"deadLetterConfig": map[string]any{"targetArn": "arn:aws:queue:::mailer-dead-letter"},
		"loggingConfig":    map[string]any{"logFormat": "Text", "logGroup": "mailer"},
		"tags":             map[string]any{"Name": "mailer"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("function (-want +got):\n%s", diff)
	}
	const wantPolicy = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:loggroup:::mailer:*"]},` +
		`{"Sid":"DeadLetters","Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:queue:::mailer-dead-letter"]}]}`
	policies := rec.Of(policyType)
	if len(policies) != 1 {
		t.Fatalf("%d policies", len(policies))
	}
	if diff := cmp.Diff(wantPolicy, policies[0].Inputs["policy"]); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	for typ, want := range map[string]map[string]any{
		"aws:cloudwatch/logGroup:LogGroup mailer": {"retentionInDays": 30.0, "tags": map[string]any{"Name": "mailer"}},
		"aws:sqs/queue:Queue mailer-dead-letter": {
			"messageRetentionSeconds": 1209600.0, "sqsManagedSseEnabled": true, "tags": map[string]any{"Name": "mailer-dead-letter"},
		},
	} {
		typ, name, _ := strings.Cut(typ, " ")
		if diff := cmp.Diff(want, rec.Inputs(t, typ, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typ, diff)
		}
	}
}

func TestEveryOptionReachesTheFunction(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	got := rec.Inputs(t, functionType, "mailer")
	for key, want := range map[string]any{
		"architectures": []any{"x86_64"}, "timeout": 60.0, "memorySize": 1024.0, "reservedConcurrentExecutions": 5.0,
		"environment":   map[string]any{"variables": map[string]any{"LEVEL": "info", "PASSWORD": "[secret]"}},
		"tracingConfig": map[string]any{"mode": "Active"},
		"vpcConfig":     map[string]any{"subnetIds": []any{"subnet-1", "subnet-2"}, "securityGroupIds": []any{"securitygroup-mailer"}},
	} {
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	want := map[string]any{
		"eventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:work", "functionName": "arn:aws:function:::mailer",
		"batchSize": 100.0, "maximumBatchingWindowInSeconds": 5.0, "scalingConfig": map[string]any{"maximumConcurrency": 4.0},
		"functionResponseTypes": []any{"ReportBatchItemFailures"},
		"tags":                  map[string]any{"Name": "mailer-work", "owner": "payments"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, mappingType, "mailer-work")); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	if got := rec.Inputs(t, policyType, "mailer-own")["policy"]; !strings.Contains(fmt.Sprint(got), "arn:aws:s3:::files/*") {
		t.Errorf("the policy of the caller is %v", got)
	}
}

func TestEachOptionAddsOnlyThePermissionsThatItNeeds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*function.Args)
		want   string
	}{
		"a queue": {
			func(a *function.Args) { a.Queues = everything().Queues },
			`{"Sid":"Queues","Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],` +
				`"Resource":["arn:aws:sqs:eu-west-1:123456789012:work"]}`,
		},
		"a VPC": {
			func(a *function.Args) {
				a.VPCID, a.SubnetIDs = pulumi.String("vpc-1"), pulumi.ToStringArray([]string{"subnet-1"})
			},
			`{"Sid":"NetworkInterfaces","Effect":"Allow","Action":["ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets",` +
				`"ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],"Resource":["*"]}`,
		},
		"tracing": {
			func(a *function.Args) { a.Tracing = true },
			`{"Sid":"Traces","Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":["*"]}`,
		},
	} {
		args := smallest()
		tt.change(&args)
		before, _ := record(t, smallest()).Inputs(t, policyType, "mailer")["policy"].(string)
		got := record(t, args).Inputs(t, policyType, "mailer")["policy"]
		if want := strings.TrimSuffix(before, "]}") + "," + tt.want + "]}"; got != want {
			t.Errorf("%s: policy\n%v\nwant\n%s", name, got, want)
		}
	}
}

func TestAnImageRunsWithoutHandlerAndRuntime(t *testing.T) {
	t.Parallel()
	got := record(t, function.Args{Image: image.Image{Repository: pulumi.String("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mailer"), Tag: "v7"}}).
		Inputs(t, functionType, "mailer")
	if got["packageType"] != "Image" || got["imageUri"] != "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mailer:v7" || got["handler"] != nil || got["runtime"] != nil {
		t.Errorf("function: %v", got)
	}
}

func TestAlarmsWatchErrorsThrottlesDurationAndDeadLetters(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, want := range map[string]float64{
		"mailer-errors": 0, "mailer-throttles": 0, "mailer-duration": 54000, "mailer-dead-letters": 0,
	} {
		got := rec.Inputs(t, "aws:cloudwatch/metricAlarm:MetricAlarm", name)
		if got["threshold"] != want || len(got["alarmActions"].([]any)) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		mailer, err := function.New(ctx, "mailer", function.Args{
			Code:    pulumi.NewFileArchive("build/mailer.zip"),
			Handler: "bootstrap",
			Runtime: "provided.al2023",
			Timeout: time.Minute,
		})
		if err != nil {
			return err
		}
		ctx.Export("mailer", mailer.ARN)
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
	// aws:cloudwatch/logGroup:LogGroup mailer
	// aws:cloudwatch/metricAlarm:MetricAlarm mailer-dead-letters
	// aws:cloudwatch/metricAlarm:MetricAlarm mailer-duration
	// aws:cloudwatch/metricAlarm:MetricAlarm mailer-errors
	// aws:cloudwatch/metricAlarm:MetricAlarm mailer-throttles
	// aws:iam/role:Role mailer
	// aws:iam/rolePolicy:RolePolicy mailer
	// aws:lambda/function:Function mailer
	// aws:sqs/queue:Queue mailer-dead-letter
	// trunkline:function:Function mailer
}
