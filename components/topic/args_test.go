package topic_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/topic"
)

// arn is that of a queue.
const arn = pulumi.String("arn:aws:sqs:eu-west-1:123456789012:work")

func subscribed(s ...topic.Subscription) topic.Args { return topic.Args{Subscriptions: s} }

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	refused(t, map[string]bad{
		"the topic": {
			topic.Args{DeduplicateByContent: true, DisplayName: strings.Repeat("é", 101), Services: []string{"cloudwatch"}},
			"topic \"news\": 3 problems:\n  DeduplicateByContent: needs FIFO: a standard topic delivers duplicates\n" +
				"  DisplayName: 101 characters are more than 100\n" +
				"  Services[0]: \"cloudwatch\" is not an AWS service such as cloudwatch.amazonaws.com",
		},
		"no receiver and two": {
			subscribed(topic.Subscription{Name: "a"}, topic.Subscription{Name: "b", QueueARN: arn, URL: "https://x.example"}),
			"topic \"news\": 2 problems:\n  Subscriptions[0]: give exactly one of QueueARN, FunctionARN, URL and Email, not 0\n" +
				"  Subscriptions[1]: give exactly one of QueueARN, FunctionARN, URL and Email, not 2",
		},
		"names": {
			subscribed(topic.Subscription{Name: "dead-letters", QueueARN: arn}, topic.Subscription{Name: "Work", QueueARN: arn},
				topic.Subscription{Name: "a", QueueARN: arn}, topic.Subscription{Name: "a", QueueARN: arn}),
			"topic \"news\": 3 problems:\n  Subscriptions[0].Name: \"dead-letters\" is not a free name of lower-case letters, digits and hyphens\n" +
				"  Subscriptions[1].Name: \"Work\" is not a free name of lower-case letters, digits and hyphens\n" +
				"  Subscriptions[3].Name: \"a\" is the name of Subscriptions[2], too",
		},
		"what does not fit the receiver": {
			subscribed(
				topic.Subscription{Name: "a", FunctionARN: arn, Raw: true, Retries: 3, QueueURL: pulumi.String("https://q.example")},
				topic.Subscription{Name: "b", URL: "http://plain.example", Retries: 101},
				topic.Subscription{Name: "c", Email: "Team <team@example.com>"}),
			"topic \"news\": 6 problems:\n  Subscriptions[0].QueueURL: needs QueueARN\n" +
				"  Subscriptions[0].Raw: is for a queue or a URL: others always get the envelope\n" +
				"  Subscriptions[0].Retries: is for a URL: SNS retries others for 23 days\n" +
				"  Subscriptions[1].URL: \"http://plain.example\" is not an https:// address\n" +
				"  Subscriptions[1].Retries: 101 is not between 1 and 100\n" +
				"  Subscriptions[2].Email: \"Team <team@example.com>\" is not an e-mail address",
		},
		"a person on a FIFO topic": {
			topic.Args{FIFO: true, Subscriptions: []topic.Subscription{{Name: "a", Email: "team@example.com"}}},
			`topic "news": Subscriptions[0]: a FIFO topic delivers only to queues`,
		},
	})
}

func TestFiltersThatSNSDoesNotTakeAreRefused(t *testing.T) {
	t.Parallel()
	refused(t, map[string]bad{
		"a filter without lists": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, Filter: map[string]any{"kind": "order"}}),
			`topic "news": Subscriptions[0].Filter: "kind" is order: give a list of values`,
		},
		"a filter that matches nothing": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, Filter: map[string]any{"kind": []string{}}}),
			`topic "news": Subscriptions[0].Filter: "kind" matches nothing: its list is empty`,
		},
		"a filter of the body for attributes": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, Filter: map[string]any{"order": map[string]any{"id": []int{1}}}}),
			`topic "news": Subscriptions[0].Filter: "order" is an object: attributes have lists of values; for the body set FilterBody`,
		},
		"a filter that has no JSON form": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, Filter: map[string]any{"n": []float64{math.NaN()}}}),
			`topic "news": Subscriptions[0].Filter: has no JSON form: json: unsupported value: NaN`,
		},
		"too many keys": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, FilterBody: true, Filter: map[string]any{
				"a": []int{1}, "b": []int{1}, "c": map[string]any{"a": []int{1}, "b": []int{1}, "c": []int{1}, "d": []int{1}},
			}}),
			`topic "news": Subscriptions[0].Filter: 6 keys are more than the 5 that SNS allows`,
		},
		"no filter for the body": {
			subscribed(topic.Subscription{Name: "a", QueueARN: arn, FilterBody: true}),
			`topic "news": Subscriptions[0].FilterBody: needs Filter`,
		},
	})
}

// bad are arguments with what is said about them.
type bad struct {
	args topic.Args
	want string
}

// refused wants arguments to be refused before anything is registered.
func refused(t *testing.T, tests map[string]bad) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := topic.New(ctx, "news", tt.args)
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
