package queue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/queue"
)

const (
	queueType = "aws:sqs/queue:Queue"
	alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func TestQueueKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:queue:Queue",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return queue.New(ctx, name, queue.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return queue.New(ctx, name, queue.Args{Tags: map[string]string{"owner": "payments"}})
		},
	})
}

func record(t *testing.T, args queue.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := queue.New(ctx, "jobs", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAnEncryptedQueueWithADeadLetterQueue(t *testing.T) {
	t.Parallel()
	rec := record(t, queue.Args{})
	wantQueue := map[string]any{
		"messageRetentionSeconds": 345600.0, "visibilityTimeoutSeconds": 30.0, "receiveWaitTimeSeconds": 20.0,
		"sqsManagedSseEnabled": true,
		"redrivePolicy":        `{"deadLetterTargetArn":"arn:aws:queue:::jobs-dead-letter","maxReceiveCount":5}`,
		"tags":                 map[string]any{"Name": "jobs"},
	}
	if diff := cmp.Diff(wantQueue, rec.Inputs(t, queueType, "jobs")); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	wantDead := map[string]any{
		"messageRetentionSeconds": 1209600.0, "visibilityTimeoutSeconds": 30.0, "receiveWaitTimeSeconds": 20.0,
		"sqsManagedSseEnabled": true,
		"tags":                 map[string]any{"Name": "jobs-dead-letter"},
	}
	if diff := cmp.Diff(wantDead, rec.Inputs(t, queueType, "jobs-dead-letter")); diff != "" {
		t.Errorf("dead-letter queue (-want +got):\n%s", diff)
	}
	got := rec.Inputs(t, "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "jobs-redrive")["redriveAllowPolicy"]
	if want := `{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:queue:::jobs"]}`; got != want {
		t.Errorf("the dead-letter queue accepts from %v, want %s", got, want)
	}
}

func TestAlarmsWatchTheOldestMessageAndTheDeadLetters(t *testing.T) {
	t.Parallel()
	rec := record(t, queue.Args{
		MaxAge:       10 * time.Minute,
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:::pager"}),
	})
	tests := map[string]struct {
		metric, queue string
		threshold     float64
	}{
		"jobs-age":          {"ApproximateAgeOfOldestMessage", "jobs", 600},
		"jobs-dead-letters": {"ApproximateNumberOfMessagesVisible", "jobs-dead-letter", 0},
	}
	for name, tt := range tests {
		got := rec.Inputs(t, alarmType, name)
		want := map[string]any{
			"metricName": tt.metric, "dimensions": map[string]any{"QueueName": tt.queue}, "threshold": tt.threshold,
			"alarmActions": []any{"arn:aws:sns:::pager"}, "comparisonOperator": "GreaterThanThreshold",
		}
		for key, v := range want {
			if diff := cmp.Diff(v, got[key]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, key, diff)
			}
		}
	}
}

func TestFIFOMakesBothQueuesFIFO(t *testing.T) {
	t.Parallel()
	rec := record(t, queue.Args{FIFO: true, DeduplicateByContent: true})
	for _, q := range rec.Of(queueType) {
		if q.Inputs["fifoQueue"] != true || q.Inputs["contentBasedDeduplication"] != true {
			t.Errorf("%s: fifoQueue %v, contentBasedDeduplication %v",
				q.Name, q.Inputs["fifoQueue"], q.Inputs["contentBasedDeduplication"])
		}
	}
}

func TestOwnKeyReplacesTheOneOfSQS(t *testing.T) {
	t.Parallel()
	rec := record(t, queue.Args{KMSKeyID: pulumi.String("alias/jobs")})
	for _, q := range rec.Of(queueType) {
		if _, both := q.Inputs["sqsManagedSseEnabled"]; both || q.Inputs["kmsMasterKeyId"] != "alias/jobs" {
			t.Errorf("%s: inputs %v", q.Name, q.Inputs)
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args queue.Args
		want string
	}{
		"everything out of bounds": {
			queue.Args{
				VisibilityTimeout: 13 * time.Hour, Retention: time.Second, MaxReceives: -1,
				MaxAge: time.Hour, DeduplicateByContent: true,
			},
			"queue \"jobs\": 5 problems:\n  VisibilityTimeout: 13h0m0s is not between 1s and 12h0m0s\n" +
				"  Retention: 1s is not between 1m0s and 336h0m0s\n  MaxReceives: -1 is not between 1 and 1000\n" +
				"  MaxAge: 1h0m0s is not between 1s and 1s\n  DeduplicateByContent: needs FIFO: a standard queue delivers duplicates",
		},
		"a fraction of a second": {
			queue.Args{Retention: 90*time.Second + time.Millisecond, MaxAge: time.Minute},
			`queue "jobs": Retention: 1m30.001s is not a whole number of seconds`,
		},
		"an alarm that can never be raised": {
			queue.Args{Retention: time.Hour, MaxAge: 2 * time.Hour},
			`queue "jobs": MaxAge: 2h0m0s is not between 1s and 1h0m0s`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := queue.New(ctx, "jobs", tt.args)
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

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		jobs, err := queue.New(ctx, "jobs", queue.Args{Retention: 24 * time.Hour, MaxReceives: 3})
		if err != nil {
			return err
		}
		ctx.Export("queueUrl", jobs.URL)
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
	// aws:cloudwatch/metricAlarm:MetricAlarm jobs-age
	// aws:cloudwatch/metricAlarm:MetricAlarm jobs-dead-letters
	// aws:sqs/queue:Queue jobs
	// aws:sqs/queue:Queue jobs-dead-letter
	// aws:sqs/redriveAllowPolicy:RedriveAllowPolicy jobs-redrive
	// trunkline:queue:Queue jobs
}
