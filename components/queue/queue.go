// Package queue provides an SQS queue with a dead-letter queue and alarms.
package queue

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:queue:Queue"

// Args configures a queue. The zero value is an encrypted standard queue whose
// messages live four days and are put aside after five failed attempts.
type Args struct {
	// FIFO keeps messages in order and delivers each once. It cannot be changed
	// later: the queue is replaced.
	FIFO bool
	// DeduplicateByContent lets a FIFO queue recognise repeated messages by
	// their content.
	DeduplicateByContent bool
	// VisibilityTimeout is how long a consumer has for a message, in whole
	// seconds up to 12 hours. Default 30s.
	VisibilityTimeout time.Duration
	// Retention is how long a message waits, in whole seconds, from one minute
	// to 14 days. Default four days. Dead letters always wait 14 days.
	Retention time.Duration
	// MaxReceives is after how many attempts a message becomes a dead letter,
	// 1 to 1000. Default 5.
	MaxReceives int
	// MaxAge is the age of the oldest message that raises the alarm, in whole
	// seconds up to Retention. Default 15 minutes, at most Retention.
	MaxAge time.Duration
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// KMSKeyID encrypts with this key. Default: SQS's own key, which is free.
	KMSKeyID pulumi.StringInput
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Queue is an SQS queue. Messages that fail too often go to a second queue; one
// alarm watches the age of the oldest message, another the dead letters. It
// costs per request, and two alarms: cents a month.
type Queue struct {
	pulumi.ResourceState

	// URL is where messages are sent and received.
	URL pulumi.StringOutput `pulumi:"url"`
	// ARN names the queue in policies.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name, as metrics carry it.
	Name pulumi.StringOutput `pulumi:"name"`
	// DeadLetterURL is where messages wait that failed too often.
	DeadLetterURL pulumi.StringOutput `pulumi:"deadLetterUrl"`
	// DeadLetterARN names the dead-letter queue in policies.
	DeadLetterARN pulumi.StringOutput `pulumi:"deadLetterArn"`
}

// New creates a queue. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Queue, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Queue{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	dead, err := args.queue(ctx, name+"-dead-letter", longest, nil, child)
	if err != nil {
		return nil, err
	}
	redrive := dead.Arn.ApplyT(func(arn string) string { return redriveTo(arn, args.MaxReceives) })
	queue, err := args.queue(ctx, name, args.Retention, redrive.(pulumi.StringOutput).ToStringPtrOutput(), child)
	if err != nil {
		return nil, err
	}
	// Nobody else's queue may put its dead letters here.
	if _, err := sqs.NewRedriveAllowPolicy(ctx, name+"-redrive", &sqs.RedriveAllowPolicyArgs{
		QueueUrl:           dead.Url,
		RedriveAllowPolicy: queue.Arn.ApplyT(redriveFrom).(pulumi.StringOutput),
	}, child); err != nil {
		return nil, err
	}
	watch := []alarms.Alarm{alarms.OldestMessage(queue.Name, args.MaxAge), alarms.DeadLetters(dead.Name)}
	if err := alarms.Register(ctx, name, watch, args.AlarmActions, args.Tags, child); err != nil {
		return nil, err
	}
	self.URL, self.ARN, self.Name = queue.Url, queue.Arn, queue.Name
	self.DeadLetterURL, self.DeadLetterARN = dead.Url, dead.Arn
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"url": self.URL, "arn": self.ARN, "name": self.Name,
		"deadLetterUrl": self.DeadLetterURL, "deadLetterArn": self.DeadLetterARN,
	})
}

// queue makes one of the two queues; they differ in what happens to a message
// at its end.
func (a Args) queue(ctx *pulumi.Context, name string, retention time.Duration, redrive pulumi.StringPtrInput,
	opts ...pulumi.ResourceOption,
) (*sqs.Queue, error) {
	q := &sqs.QueueArgs{
		MessageRetentionSeconds:  seconds(retention),
		VisibilityTimeoutSeconds: seconds(a.VisibilityTimeout),
		ReceiveWaitTimeSeconds:   pulumi.Int(20), // the longest poll costs the fewest requests
		RedrivePolicy:            redrive,
		Tags:                     tags.Named(name, a.Tags),
	}
	if a.FIFO {
		q.FifoQueue = pulumi.Bool(true)
		q.ContentBasedDeduplication = pulumi.Bool(a.DeduplicateByContent)
	}
	if a.KMSKeyID == nil {
		q.SqsManagedSseEnabled = pulumi.Bool(true)
	} else {
		q.KmsMasterKeyId = a.KMSKeyID.ToStringOutput().ToStringPtrOutput()
	}
	return sqs.NewQueue(ctx, name, q, opts...)
}

func (a Args) withDefaults() Args {
	if a.VisibilityTimeout == 0 {
		a.VisibilityTimeout = 30 * time.Second
	}
	if a.Retention == 0 {
		a.Retention = 4 * 24 * time.Hour
	}
	if a.MaxReceives == 0 {
		a.MaxReceives = 5
	}
	if a.MaxAge == 0 {
		a.MaxAge = min(15*time.Minute, a.Retention)
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	check.Between(&p, "VisibilityTimeout", a.VisibilityTimeout, time.Second, 12*time.Hour)
	check.Between(&p, "Retention", a.Retention, time.Minute, longest)
	check.Between(&p, "MaxReceives", a.MaxReceives, 1, 1000)
	check.Between(&p, "MaxAge", a.MaxAge, time.Second, max(a.Retention, time.Second))
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"VisibilityTimeout", a.VisibilityTimeout}, {"Retention", a.Retention}, {"MaxAge", a.MaxAge}} {
		if d.value%time.Second != 0 {
			p.Addf(d.field, "%v is not a whole number of seconds", d.value)
		}
	}
	if a.DeduplicateByContent && !a.FIFO {
		p.Addf("DeduplicateByContent", "needs FIFO: a standard queue delivers duplicates")
	}
	return p.Err("queue", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"fifo":                 pulumi.Bool(a.FIFO),
		"deduplicateByContent": pulumi.Bool(a.DeduplicateByContent),
		"visibilityTimeout":    pulumi.String(a.VisibilityTimeout.String()),
		"retention":            pulumi.String(a.Retention.String()),
		"maxReceives":          pulumi.Int(a.MaxReceives),
		"maxAge":               pulumi.String(a.MaxAge.String()),
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if a.KMSKeyID != nil {
		m["kmsKeyId"] = a.KMSKeyID
	}
	return m
}
