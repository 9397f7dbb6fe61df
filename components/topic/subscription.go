package topic

import (
	"encoding/json"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// Subscription is one receiver. Exactly one of QueueARN, FunctionARN, URL and
// Email says who it is; changing it replaces the subscription.
type Subscription struct {
	// Name is the end of the resource's name: lower-case letters, digits and
	// hyphens.
	Name string
	// QueueARN is an SQS queue. A queue encrypted with a KMS key needs a key whose
	// policy lets sns.amazonaws.com use it.
	QueueARN pulumi.StringInput
	// QueueURL lets the topic write the queue's policy, so that it may send. A
	// queue has one policy: leave this out when you write it yourself.
	QueueURL pulumi.StringInput
	// FunctionARN is a Lambda function. The topic is allowed to invoke it.
	FunctionARN pulumi.StringInput
	// URL is an https:// address. It has to confirm the subscription.
	URL string
	// Email is a person, who has to confirm the subscription: until then it can
	// neither be changed nor deleted.
	Email string
	// Raw delivers the message alone, without SNS's envelope: for a queue or URL.
	Raw bool
	// Filter delivers only messages whose attributes match: {"kind": ["order"]},
	// in SNS's filter language, at most five keys.
	Filter map[string]any
	// FilterBody lets Filter look into the body of the message, which must be
	// JSON, instead of the attributes.
	FilterBody bool
	// Retries is how often a URL is tried again, 1 to 100, with growing pauses of
	// up to a minute. Default: SNS's own 3 retries.
	Retries int
}

// kind is how a receiver is reached: the protocol, and the endpoint.
func (s Subscription) kind() (protocol string, endpoint pulumi.StringInput) {
	switch {
	case s.QueueARN != nil:
		return "sqs", s.QueueARN
	case s.FunctionARN != nil:
		return "lambda", s.FunctionARN
	case s.URL != "":
		return "https", pulumi.String(s.URL)
	}
	return "email", pulumi.String(s.Email)
}

// deadLetters makes the queue of what could not be delivered. People have none:
// SNS does not know whether an e-mail arrived.
func (b *builder) deadLetters() (err error) {
	needed := false
	for _, s := range b.args.Subscriptions {
		needed = needed || s.Email == ""
	}
	if !needed {
		return nil
	}
	name := b.name + "-dead-letter"
	args := &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(14 * 24 * time.Hour / time.Second),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    tags.Named(name, b.args.Tags),
	}
	if b.args.FIFO {
		args.FifoQueue = pulumi.Bool(true)
	}
	if b.dead, err = sqs.NewQueue(b.ctx, name, args, b.child); err != nil {
		return err
	}
	b.deadPolicy, err = b.accept(name, b.dead.Url, b.dead.Arn)
	return err
}

// accept lets the topic send to a queue.
func (b *builder) accept(name string, url, arn pulumi.StringInput) (pulumi.Resource, error) {
	return sqs.NewQueuePolicy(b.ctx, name, &sqs.QueuePolicyArgs{
		QueueUrl: url,
		Policy: pulumi.All(arn, b.topicOf.Arn).ApplyT(func(arns []any) string {
			return fromTopic(arns[0].(string), arns[1].(string)).JSON()
		}).(pulumi.StringOutput),
	}, b.child)
}

func (b *builder) subscriptions() error {
	for _, s := range b.args.Subscriptions {
		if err := b.subscribe(s); err != nil {
			return err
		}
	}
	return nil
}

// subscribe adds one receiver, once the topic may deliver to it.
func (b *builder) subscribe(s Subscription) error {
	name := b.name + "-" + s.Name
	protocol, endpoint := s.kind()
	args := &sns.TopicSubscriptionArgs{Topic: b.topicOf.Arn, Protocol: pulumi.String(protocol), Endpoint: endpoint}
	if s.Raw {
		args.RawMessageDelivery = pulumi.Bool(true)
	}
	if len(s.Filter) > 0 {
		scope := "MessageAttributes"
		if s.FilterBody {
			scope = "MessageBody"
		}
		args.FilterPolicy, args.FilterPolicyScope = pulumi.String(text(s.Filter)), pulumi.String(scope)
	}
	if s.Retries > 0 {
		args.DeliveryPolicy = pulumi.String(retrying(s.Retries))
	}
	first, err := b.allow(name, s)
	if err != nil {
		return err
	}
	if protocol != "email" {
		first = append(first, b.deadPolicy)
		args.RedrivePolicy = b.dead.Arn.ApplyT(func(arn string) string {
			return text(map[string]string{"deadLetterTargetArn": arn})
		}).(pulumi.StringOutput).ToStringPtrOutput()
	}
	_, err = sns.NewTopicSubscription(b.ctx, name, args, b.child, pulumi.DependsOn(first))
	return err
}

// allow lets the topic deliver to a queue or function, and returns what must
// exist before the subscription.
func (b *builder) allow(name string, s Subscription) ([]pulumi.Resource, error) {
	var first pulumi.Resource
	var err error
	switch {
	case s.QueueURL != nil:
		first, err = b.accept(name, s.QueueURL, s.QueueARN)
	case s.FunctionARN != nil:
		first, err = lambda.NewPermission(b.ctx, name, &lambda.PermissionArgs{
			Action:    pulumi.String("lambda:InvokeFunction"),
			Function:  s.FunctionARN,
			Principal: pulumi.String("sns.amazonaws.com"),
			SourceArn: b.topicOf.Arn,
		}, b.child)
	default:
		return nil, nil
	}
	return []pulumi.Resource{first}, err
}

// retrying is the delivery policy of a URL. Everything is said, because SNS
// fills in what is not and shows it as a change.
func retrying(times int) string {
	type retry struct {
		MinDelayTarget     int    `json:"minDelayTarget"`
		MaxDelayTarget     int    `json:"maxDelayTarget"`
		NumRetries         int    `json:"numRetries"`
		NumMaxDelayRetries int    `json:"numMaxDelayRetries"`
		NumNoDelayRetries  int    `json:"numNoDelayRetries"`
		NumMinDelayRetries int    `json:"numMinDelayRetries"`
		BackoffFunction    string `json:"backoffFunction"`
	}
	return text(struct {
		Healthy retry `json:"healthyRetryPolicy"`
	}{retry{MinDelayTarget: 1, MaxDelayTarget: 60, NumRetries: times, BackoffFunction: "exponential"}})
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // check has refused what has no JSON form
	}
	return string(b)
}
