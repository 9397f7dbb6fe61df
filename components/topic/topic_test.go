package topic_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/topic"
)

const (
	topicType        = "aws:sns/topic:Topic"
	policyType       = "aws:sns/topicPolicy:TopicPolicy"
	subscriptionType = "aws:sns/topicSubscription:TopicSubscription"
	queuePolicyType  = "aws:sqs/queuePolicy:QueuePolicy"
)

func TestTopicKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:topic:Topic",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return topic.New(ctx, name, topic.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			args := everything()
			args.KMSKeyID = nil // a key of its own is tagged, too
			args.Tags = map[string]string{"owner": "payments"}
			return topic.New(ctx, name, args)
		},
	})
}

// everything sets all options that go together.
func everything() topic.Args {
	return topic.Args{
		DisplayName: "Orders",
		Services:    []string{"cloudwatch.amazonaws.com", "s3.amazonaws.com"},
		KMSKeyID:    pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/k"),
		Subscriptions: []topic.Subscription{
			{
				Name: "work", Raw: true, Filter: map[string]any{"kind": []string{"order", "return"}},
				QueueARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:work"),
				QueueURL: pulumi.String("https://sqs.eu-west-1.amazonaws.com/123456789012/work"),
			},
			{
				Name: "mailer", FilterBody: true, Filter: map[string]any{"order": map[string]any{"total": []any{map[string]any{"numeric": []any{">", 100}}}}},
				FunctionARN: pulumi.String("arn:aws:lambda:eu-west-1:123456789012:function:mailer"),
			},
			{Name: "partner", URL: "https://partner.example/orders", Retries: 20},
			{Name: "owner", Email: "owner@example.com"},
		},
		AlarmActions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		Tags:         map[string]string{"owner": "payments"},
	}
}

func record(t *testing.T, args topic.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := topic.New(ctx, "news", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAnEncryptedTopicForThisAccount(t *testing.T) {
	t.Parallel()
	rec := record(t, topic.Args{})
	want := map[string]any{
		"kmsMasterKeyId": "alias/aws/sns", "signatureVersion": 2.0, "tags": map[string]any{"Name": "news"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, topicType, "news")); diff != "" {
		t.Errorf("topic (-want +got):\n%s", diff)
	}
	wantPolicy := map[string]any{
		"arn": "arn:aws:topic:::news",
		"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"ThisAccount","Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::root"]},` +
			`"Action":["sns:Publish","sns:Subscribe","sns:GetTopicAttributes"],"Resource":["arn:aws:topic:::news"]},` +
			`{"Sid":"TLSOnly","Effect":"Deny","Principal":{"AWS":["*"]},"Action":["sns:Publish"],"Resource":["arn:aws:topic:::news"],` +
			`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
	}
	if diff := cmp.Diff(wantPolicy, rec.Inputs(t, policyType, "news")); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if n := len(rec.Of("aws:sqs/queue:Queue")) + len(rec.Of("aws:kms/key:Key")); n > 0 {
		t.Errorf("%d queues and keys that nobody needs", n)
	}
}

func TestServicesPublishForThisAccountOnlyWithAKeyThatTheyCanUse(t *testing.T) {
	t.Parallel()
	rec := record(t, topic.Args{Services: []string{"cloudwatch.amazonaws.com"}})
	policy, _ := rec.Inputs(t, policyType, "news")["policy"].(string)
	const want = `{"Sid":"Services","Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com"]},"Action":["sns:Publish"],` +
		`"Resource":["arn:aws:topic:::news"],"Condition":{"StringEquals":{"aws:SourceAccount":""}}}`
	if !strings.Contains(policy, want) {
		t.Errorf("policy of the topic:\n%s\ndoes not contain\n%s", policy, want)
	}
	const wantKey = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Administration","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["kms:*"],"Resource":["*"]},` +
		`{"Sid":"ThroughSNS","Effect":"Allow","Principal":{"AWS":["*"]},"Action":["kms:DescribeKey","kms:Decrypt","kms:GenerateDataKey*"],"Resource":["*"],` +
		`"Condition":{"StringEquals":{"kms:CallerAccount":"123456789012"},"StringLike":{"kms:ViaService":"sns.*.amazonaws.com"}}},` +
		`{"Sid":"Services","Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com"]},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":["*"],` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`
	key := rec.Inputs(t, "aws:kms/key:Key", "news")
	if diff := cmp.Diff(wantKey, key["policy"]); diff != "" || key["enableKeyRotation"] != true {
		t.Errorf("key %v, policy (-want +got):\n%s", key, diff)
	}
	if got := rec.Inputs(t, topicType, "news")["kmsMasterKeyId"]; got != "arn:aws:key:::news" {
		t.Errorf("the topic is encrypted with %v", got)
	}
}

func TestAGivenKeyIsUsedForServicesToo(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	if got := rec.Inputs(t, topicType, "news")["kmsMasterKeyId"]; got != "arn:aws:kms:eu-west-1:123456789012:key/k" {
		t.Errorf("the topic is encrypted with %v", got)
	}
	if keys := rec.Of("aws:kms/key:Key"); len(keys) > 0 {
		t.Errorf("it makes %v", keys)
	}
}

func TestEachReceiverGetsWhatItNeeds(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	const dead = `{"deadLetterTargetArn":"arn:aws:queue:::news-dead-letter"}`
	for name, want := range map[string]map[string]any{
		"news-work": {
			"protocol": "sqs", "endpoint": "arn:aws:sqs:eu-west-1:123456789012:work", "rawMessageDelivery": true,
			"filterPolicy": `{"kind":["order","return"]}`, "filterPolicyScope": "MessageAttributes", "redrivePolicy": dead,
		},
		"news-mailer": {
			"protocol": "lambda", "endpoint": "arn:aws:lambda:eu-west-1:123456789012:function:mailer",
			"filterPolicy": `{"order":{"total":[{"numeric":["\u003e",100]}]}}`, "filterPolicyScope": "MessageBody", "redrivePolicy": dead,
		},
		"news-partner": {
			"protocol": "https", "endpoint": "https://partner.example/orders", "redrivePolicy": dead,
			"deliveryPolicy": `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,"numRetries":20,"numMaxDelayRetries":0,` +
				`"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"exponential"}}`,
		},
		"news-owner": {"protocol": "email", "endpoint": "owner@example.com"},
	} {
		want["topic"] = "arn:aws:topic:::news"
		if diff := cmp.Diff(want, rec.Inputs(t, subscriptionType, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	permission := map[string]any{
		"action": "lambda:InvokeFunction", "function": "arn:aws:lambda:eu-west-1:123456789012:function:mailer",
		"principal": "sns.amazonaws.com", "sourceArn": "arn:aws:topic:::news",
	}
	if diff := cmp.Diff(permission, rec.Inputs(t, "aws:lambda/permission:Permission", "news-mailer")); diff != "" {
		t.Errorf("permission (-want +got):\n%s", diff)
	}
}

func TestQueuesAcceptFromThisTopicOnly(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, queue := range map[string]string{
		"news-work":        "arn:aws:sqs:eu-west-1:123456789012:work",
		"news-dead-letter": "arn:aws:queue:::news-dead-letter",
	} {
		want := `{"Version":"2012-10-17","Statement":[{"Sid":"FromTopic","Effect":"Allow","Principal":{"Service":["sns.amazonaws.com"]},` +
			`"Action":["sqs:SendMessage"],"Resource":["` + queue + `"],"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:topic:::news"}}}]}`
		if diff := cmp.Diff(want, rec.Inputs(t, queuePolicyType, name)["policy"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	args := everything()
	args.Subscriptions = args.Subscriptions[:1]
	args.Subscriptions[0].QueueURL = nil
	if _, made := record(t, args).Get(queuePolicyType, "news-work"); made {
		t.Error("it writes the policy of a queue whose URL is not given")
	}
}

func TestFIFOMakesTopicAndDeadLetterQueueFIFO(t *testing.T) {
	t.Parallel()
	rec := record(t, topic.Args{FIFO: true, DeduplicateByContent: true, Subscriptions: []topic.Subscription{
		{Name: "work", QueueARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:work.fifo")},
	}})
	in := rec.Inputs(t, topicType, "news")
	if in["fifoTopic"] != true || in["contentBasedDeduplication"] != true {
		t.Errorf("topic: %v", in)
	}
	if dead := rec.Inputs(t, "aws:sqs/queue:Queue", "news-dead-letter"); dead["fifoQueue"] != true {
		t.Errorf("dead letters: %v", dead)
	}
}

func TestAlarmsWatchDeliveryAndDeadLetters(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, metric := range map[string]string{
		"news-undelivered":  "NumberOfNotificationsFailed",
		"news-dead-letters": "ApproximateNumberOfMessagesVisible",
	} {
		in := rec.Inputs(t, "aws:cloudwatch/metricAlarm:MetricAlarm", name)
		if diff := cmp.Diff([]any{"arn:aws:sns:eu-west-1:123456789012:pager"}, in["alarmActions"]); diff != "" || in["metricName"] != metric {
			t.Errorf("%s watches %v and notifies (-want +got):\n%s", name, in["metricName"], diff)
		}
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		pager, err := topic.New(ctx, "pager", topic.Args{
			Services:      []string{"cloudwatch.amazonaws.com"}, // alarms
			Subscriptions: []topic.Subscription{{Name: "team", Email: "team@example.com"}},
		})
		if err != nil {
			return err
		}
		ctx.Export("pager", pager.ARN)
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
	// aws:cloudwatch/metricAlarm:MetricAlarm pager-undelivered
	// aws:kms/key:Key pager
	// aws:sns/topic:Topic pager
	// aws:sns/topicPolicy:TopicPolicy pager
	// aws:sns/topicSubscription:TopicSubscription pager-team
	// trunkline:topic:Topic pager
}
