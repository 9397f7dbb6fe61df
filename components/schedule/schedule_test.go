package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/schedule"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	scheduleType = "aws:scheduler/schedule:Schedule"
	policyType   = "aws:iam/rolePolicy:RolePolicy"
	mailer       = "arn:aws:lambda:eu-west-1:123456789012:function:mailer"
)

func smallest() schedule.Args {
	return schedule.Args{Expression: "rate(1 day)", TargetARN: pulumi.String(mailer)}
}

// everything sets all options that go together.
func everything() schedule.Args {
	return schedule.Args{
		Expression: "cron(0 6 ? * MON-FRI *)", Timezone: "Europe/Dublin",
		Start: time.Date(2030, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600)), End: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
		Window: 15 * time.Minute, TargetARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:work.fifo"),
		Input: pulumi.String(`{"kind":"report"}`), MessageGroup: "reports",
		Policy:   pulumi.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:GenerateDataKey"],"Resource":["arn:aws:kms:::key/k"]}]}`),
		Attempts: 3, MaxAge: time.Hour, Paused: true,
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:         map[string]string{"owner": "payments"},
	}
}

func TestScheduleKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:schedule:Schedule",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return schedule.New(ctx, name, smallest(), opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return schedule.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args schedule.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := schedule.New(ctx, "nightly", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestTheSmallestArgumentsCallTheTargetAtItsTime(t *testing.T) {
	t.Parallel()
	rec := record(t, smallest())
	want := map[string]any{
		"groupName": "nightly", "scheduleExpression": "rate(1 day)", "scheduleExpressionTimezone": "UTC",
		"flexibleTimeWindow": map[string]any{"mode": "OFF"},
		"target": map[string]any{
			"arn": mailer, "roleArn": "arn:aws:role:::nightly",
			"deadLetterConfig": map[string]any{"arn": "arn:aws:queue:::nightly-dead-letter"},
			"retryPolicy":      map[string]any{"maximumRetryAttempts": 185.0, "maximumEventAgeInSeconds": 86400.0},
		},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, scheduleType, "nightly")); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
	wantTrust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["scheduler.amazonaws.com"]},"Action":["sts:AssumeRole"],` +
		`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:schedulegroup:::nightly"},"StringEquals":{"aws:SourceAccount":""}}}]}`
	if diff := cmp.Diff(wantTrust, rec.Inputs(t, "aws:iam/role:Role", "nightly")["assumeRolePolicy"]); diff != "" {
		t.Errorf("who may use the role (-want +got):\n%s", diff)
	}
	wantPolicy := `{"Version":"2012-10-17","Statement":[{"Sid":"Target","Effect":"Allow","Action":["lambda:InvokeFunction"],"Resource":["` + mailer + `","` + mailer + `:*"]},` +
		`{"Sid":"DeadLetters","Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:queue:::nightly-dead-letter"]}]}`
	if diff := cmp.Diff(wantPolicy, rec.Inputs(t, policyType, "nightly")["policy"]); diff != "" {
		t.Errorf("what the role may do (-want +got):\n%s", diff)
	}
}

func TestEveryOptionReachesTheSchedule(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	want := map[string]any{
		"groupName": "nightly", "scheduleExpression": "cron(0 6 ? * MON-FRI *)", "scheduleExpressionTimezone": "Europe/Dublin",
		"flexibleTimeWindow": map[string]any{"mode": "FLEXIBLE", "maximumWindowInMinutes": 15.0}, "state": "DISABLED",
		"startDate": "2030-01-01T00:00:00Z", "endDate": "2031-01-01T00:00:00Z",
		"target": map[string]any{
			"arn": "arn:aws:sqs:eu-west-1:123456789012:work.fifo", "roleArn": "arn:aws:role:::nightly", "input": `{"kind":"report"}`,
			"sqsParameters":    map[string]any{"messageGroupId": "reports"},
			"deadLetterConfig": map[string]any{"arn": "arn:aws:queue:::nightly-dead-letter"},
			"retryPolicy":      map[string]any{"maximumRetryAttempts": 2.0, "maximumEventAgeInSeconds": 3600.0},
		},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, scheduleType, "nightly")); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
	if got := rec.Inputs(t, policyType, "nightly-own")["policy"]; !strings.Contains(fmt.Sprint(got), "kms:GenerateDataKey") {
		t.Errorf("the policy of the caller is %v", got)
	}
	if n := len(rec.Of("aws:cloudwatch/metricAlarm:MetricAlarm")); n != 3 {
		t.Errorf("%d alarms", n)
	}
}

func TestTheRoleMayDoToEachTargetWhatTheSchedulerDoes(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"arn:aws:sqs:eu-west-1:123456789012:work":              `"Action":["sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:work"]`,
		"arn:aws:sns:eu-west-1:123456789012:news":              `"Action":["sns:Publish"],"Resource":["arn:aws:sns:eu-west-1:123456789012:news"]`,
		"arn:aws:states:eu-west-1:123456789012:stateMachine:m": `"Action":["states:StartExecution"],"Resource":["arn:aws:states:eu-west-1:123456789012:stateMachine:m"]`,
		mailer + ":live": `"Action":["lambda:InvokeFunction"],"Resource":["` + mailer + `:live"]`,
	} {
		args := smallest()
		args.TargetARN = pulumi.String(target).ToStringOutput() // as another component gives it
		if got := fmt.Sprint(record(t, args).Inputs(t, policyType, "nightly")["policy"]); !strings.Contains(got, want) {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	with := func(change func(*schedule.Args)) schedule.Args {
		args := smallest()
		change(&args)
		return args
	}
	tests := map[string]struct {
		args schedule.Args
		want string
	}{
		"nothing at all": {
			schedule.Args{},
			"schedule \"nightly\": 2 problems:\n  Expression: \"\" is not at(…), rate(…) or cron(…)\n  TargetARN: is missing",
		},
		"everything wrong": {
			schedule.Args{
				Expression: "rate(5 minute)", Timezone: "Local", Window: 90 * time.Second, TargetARN: pulumi.String("mailer"), Attempts: 187,
				MaxAge: time.Second, MessageGroup: strings.Repeat("x", 129), Start: time.Unix(2, 0), End: time.Unix(1, 0),
			},
			"schedule \"nightly\": 8 problems:\n  Expression: \"rate(5 minute)\": 5 is more than one: did you mean rate(5 minutes)?\n" +
				"  Timezone: \"Local\" is not a time zone such as Europe/Dublin\n" +
				"  End: 1970-01-01T00:00:01Z is not after Start, 1970-01-01T00:00:02Z\n" +
				"  Window: 1m30s is not a whole number of minutes\n  TargetARN: \"mailer\" is not an ARN\n" +
				"  Attempts: 187 is not between 1 and 186\n  MaxAge: 1s is not between 1m0s and 24h0m0s\n" +
				"  MessageGroup: 129 characters are more than 128",
		},
		"bounds for a single time": {
			with(func(a *schedule.Args) { a.Expression, a.End = "at(2030-12-24T18:00:00)", time.Unix(1, 0) }),
			`schedule "nightly": Start: Start and End are for a rate or cron: at(…) says when`,
		},
		"no such zone": {
			with(func(a *schedule.Args) { a.Timezone = "Europe/Atlantis" }),
			`schedule "nightly": Timezone: "Europe/Atlantis" is not a time zone such as Europe/Dublin`,
		},
		"a target that needs more": {
			with(func(a *schedule.Args) { a.TargetARN = pulumi.String("arn:aws:ecs:eu-west-1:123456789012:cluster/c") }),
			`schedule "nightly": TargetARN: "arn:aws:ecs:eu-west-1:123456789012:cluster/c" is none of codebuild, codepipeline, firehose, lambda, sns, sqs, states: ` +
				`give a universal target such as arn:aws:scheduler:::aws-sdk:ecs:… with Policy`,
		},
		"a call without permission": {
			with(func(a *schedule.Args) { a.TargetARN = pulumi.String("arn:aws:scheduler:::aws-sdk:ecs:runTask") }),
			`schedule "nightly": Policy: is missing: arn:aws:scheduler:::aws-sdk:ecs:runTask is called with the permissions that Policy gives`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := schedule.New(ctx, "nightly", tt.args)
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

func TestATargetThatIsOnlyKnownLaterIsCheckedThen(t *testing.T) {
	t.Parallel()
	_, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := schedule.New(ctx, "nightly", schedule.Args{Expression: "rate(1 day)", TargetARN: pulumi.String("mailer").ToStringOutput()})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), `schedule "nightly": TargetARN: "mailer" is not an ARN`) {
		t.Errorf("error: %v", err)
	}
}

func TestSchedulesDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		mailer, err := function.New(ctx, "mailer", function.Args{
			Code:    pulumi.NewAssetArchive(map[string]any{"bootstrap": pulumi.NewStringAsset("#!/bin/sh\n")}),
			Handler: "bootstrap", Runtime: "provided.al2023",
		})
		if err != nil {
			return err
		}
		if _, err := schedule.New(ctx, "nightly", schedule.Args{Expression: "rate(1 day)", TargetARN: mailer.ARN}); err != nil {
			return err
		}
		_, err = schedule.New(ctx, "reports", everything())
		return err
	})
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		_, err := schedule.New(ctx, "nightly", schedule.Args{
			Expression: "cron(0 2 * * ? *)",
			Timezone:   "Europe/Dublin",
			TargetARN:  pulumi.String("arn:aws:lambda:eu-west-1:123456789012:function:mailer"),
		})
		return err
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
	// aws:cloudwatch/metricAlarm:MetricAlarm nightly-dead-letters
	// aws:cloudwatch/metricAlarm:MetricAlarm nightly-dropped
	// aws:cloudwatch/metricAlarm:MetricAlarm nightly-target-errors
	// aws:iam/role:Role nightly
	// aws:iam/rolePolicy:RolePolicy nightly
	// aws:scheduler/schedule:Schedule nightly
	// aws:scheduler/scheduleGroup:ScheduleGroup nightly
	// aws:sqs/queue:Queue nightly-dead-letter
	// trunkline:schedule:Schedule nightly
}
