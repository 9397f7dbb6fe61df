// Package topic provides an encrypted SNS topic with its subscriptions.
package topic

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:topic:Topic"

// Args configures a topic. The zero value is an encrypted topic to which only
// the account itself publishes, without subscribers.
type Args struct {
	// FIFO keeps messages in order and delivers each once; then only queues can
	// subscribe. It cannot be changed later: the topic is replaced.
	FIFO bool
	// DeduplicateByContent lets a FIFO topic recognise repeated messages by their
	// content.
	DeduplicateByContent bool
	// DisplayName is what e-mails show as sender, up to 100 characters.
	DisplayName string
	// Services are AWS services that may publish for this account, such as
	// "cloudwatch.amazonaws.com", which alarms need. Without KMSKeyID the topic
	// then gets a key of its own (1 USD a month): services cannot use SNS's key.
	Services []string
	// KMSKeyID encrypts with this key, whose policy must let Services use it.
	// Default: SNS's own key, which is free, as long as there are no Services.
	KMSKeyID pulumi.StringInput
	// Subscriptions are who receives the messages, each with a name of its own.
	Subscriptions []Subscription
	// AlarmActions are the ARNs that an alarm notifies, such as another topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Topic is an SNS topic. Only this account and the services that are named
// publish to it, over TLS; an alarm tells when a message cannot be delivered.
// With subscribers other than people it has a dead-letter queue, and an alarm
// that watches it. It costs per message: cents a month, and 1 USD for a key of
// its own.
type Topic struct {
	pulumi.ResourceState

	// ARN is where messages are published.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name, as metrics carry it.
	Name pulumi.StringOutput `pulumi:"name"`
}

// New creates a topic. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Topic, error) {
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Topic{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.key,
		b.topic,
		b.policy,
		b.deadLetters,
		b.subscriptions,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("topic %q: %w", name, err)
		}
	}
	self.ARN, self.Name = b.topicOf.Arn, b.topicOf.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"arn": self.ARN, "name": self.Name})
}

// builder makes the parts of one topic, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOrInvokeOption

	keyID   pulumi.StringInput
	topicOf *sns.Topic
	dead    *sqs.Queue // nil without subscribers that have dead letters
	// deadPolicy lets SNS put dead letters there.
	deadPolicy pulumi.Resource
}

func (b *builder) topic() (err error) {
	args := &sns.TopicArgs{
		KmsMasterKeyId:   b.keyID.ToStringOutput().ToStringPtrOutput(),
		SignatureVersion: pulumi.Int(2), // SHA-256; version 1 is SHA-1
		Tags:             tags.Named(b.name, b.args.Tags),
	}
	if b.args.FIFO {
		args.FifoTopic = pulumi.Bool(true)
		args.ContentBasedDeduplication = pulumi.Bool(b.args.DeduplicateByContent)
	}
	if b.args.DisplayName != "" {
		args.DisplayName = pulumi.String(b.args.DisplayName)
	}
	b.topicOf, err = sns.NewTopic(b.ctx, b.name, args, b.child)
	return err
}

func (b *builder) policy() error {
	_, err := sns.NewTopicPolicy(b.ctx, b.name, &sns.TopicPolicyArgs{
		Arn: b.topicOf.Arn,
		Policy: b.topicOf.Arn.ApplyT(func(arn string) string {
			return publishers(arn, b.args.Services).JSON()
		}).(pulumi.StringOutput),
	}, b.child)
	return err
}

func (b *builder) alarms() error {
	watch := alarms.Topic(b.topicOf.Name)
	if b.dead != nil {
		watch = append(watch, alarms.DeadLetters(b.dead.Name))
	}
	return alarms.Register(b.ctx, b.name, watch, b.args.AlarmActions, b.args.Tags, b.child)
}
