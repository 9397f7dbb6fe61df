// Package schedule provides a schedule that starts a function, or anything else
// that EventBridge Scheduler can call.
package schedule

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:schedule:Schedule"

// Args configures a schedule. Expression and TargetARN must be given; then a
// call that fails is repeated for up to a day, and kept when that did not help.
type Args struct {
	// Expression says when: "rate(5 minutes)", "cron(0 6 ? * MON-FRI *)" with
	// minutes, hours, day of month, month, day of week and year, or once:
	// "at(2030-12-24T18:00:00)". A rate counts from when the schedule is made.
	Expression string
	// Timezone is that of Expression, such as "Europe/Dublin". Default UTC.
	Timezone string
	// Start and End bound when a rate or cron runs. Default: at once, for ever.
	Start, End time.Time
	// Window is how much later than its time a call may come, in whole minutes up
	// to 24h, which spreads load. Default 0: at its time.
	Window time.Duration
	// TargetARN is what is called: a Lambda function, an SQS queue, an SNS topic,
	// a Step Functions state machine, a CodeBuild project, a CodePipeline or a
	// Firehose stream; or any call of any service, as
	// "arn:aws:scheduler:::aws-sdk:ecs:runTask", whose permissions Policy gives.
	TargetARN pulumi.StringInput
	// Input is what the target is given: JSON for most. Default: what Scheduler
	// says about the call.
	Input pulumi.StringInput
	// MessageGroup is the group of messages to a FIFO queue.
	MessageGroup string
	// Policy is the JSON of what else the scheduler's role may do, as
	// iampolicy.Document gives it: what a universal target needs.
	Policy pulumi.StringInput
	// Attempts is how often a call is made in all when it fails, 1 to 186. Default
	// 186, within MaxAge.
	Attempts int
	// MaxAge is after how long a call that fails is given up, in whole seconds,
	// 1m to 24h. Default 24h.
	MaxAge time.Duration
	// Paused keeps the schedule from running.
	Paused bool
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Schedule is an EventBridge schedule in a group of its own, with a role that
// only this group uses and that may only call the target. Calls that are given
// up go to a dead-letter queue; alarms watch refused and dropped calls and dead
// letters. It costs about 0.30 USD a month for the alarms; 14 million calls a
// month are free.
type Schedule struct {
	pulumi.ResourceState

	// ARN is the schedule.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name.
	Name pulumi.StringOutput `pulumi:"name"`
	// GroupName is the schedule's group, as metrics carry it.
	GroupName pulumi.StringOutput `pulumi:"groupName"`
	// RoleARN is the role that calls the target, for policies of others.
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
	// DeadLetterARN is the queue of calls that were given up.
	DeadLetterARN pulumi.StringOutput `pulumi:"deadLetterArn"`
}

// New creates a schedule. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Schedule, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Schedule{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.group,
		b.deadLetters,
		b.role,
		b.schedule,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("schedule %q: %w", name, err)
		}
	}
	self.ARN, self.Name, self.GroupName = b.scheduleOf.Arn, b.scheduleOf.Name, b.groupOf.Name
	self.RoleARN, self.DeadLetterARN = b.roleOf.Arn, b.dead.Arn
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"arn": self.ARN, "name": self.Name, "groupName": self.GroupName,
		"roleArn": self.RoleARN, "deadLetterArn": self.DeadLetterARN,
	})
}

// builder makes the parts of one schedule, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	groupOf     *scheduler.ScheduleGroup
	dead        *sqs.Queue
	roleOf      *iam.Role
	permissions []pulumi.Resource
	scheduleOf  *scheduler.Schedule
}

func (b *builder) group() (err error) {
	b.groupOf, err = scheduler.NewScheduleGroup(b.ctx, b.name, &scheduler.ScheduleGroupArgs{
		Tags: tags.Named(b.name, b.args.Tags),
	}, b.child)
	return err
}

// deadLetters keeps calls that were given up, for as long as SQS can.
func (b *builder) deadLetters() (err error) {
	name := b.name + "-dead-letter"
	b.dead, err = sqs.NewQueue(b.ctx, name, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(14 * 24 * time.Hour / time.Second),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    tags.Named(name, b.args.Tags),
	}, b.child)
	return err
}

// role makes the role that calls the target. Only schedules of the group can
// use it.
func (b *builder) role() (err error) {
	b.roleOf, err = iam.NewRole(b.ctx, b.name, &iam.RoleArgs{
		AssumeRolePolicy: b.groupOf.Arn.ApplyT(func(arn string) string {
			return iampolicy.AssumedFor("scheduler.amazonaws.com", arn).JSON()
		}).(pulumi.StringOutput),
		Tags: tags.Named(b.name, b.args.Tags),
	}, b.child)
	if err != nil {
		return err
	}
	if err := b.permit(b.name, pulumi.All(b.args.TargetARN, b.dead.Arn).ApplyT(func(arns []any) (string, error) {
		doc, err := permissions(arns[0].(string), arns[1].(string))
		if err != nil {
			return "", fmt.Errorf("schedule %q: TargetARN: %w", b.name, err)
		}
		return doc.JSON(), nil
	}).(pulumi.StringOutput)); err != nil {
		return err
	}
	if b.args.Policy == nil {
		return nil
	}
	return b.permit(b.name+"-own", b.args.Policy)
}

func (b *builder) permit(name string, policy pulumi.StringInput) error {
	p, err := iam.NewRolePolicy(b.ctx, name, &iam.RolePolicyArgs{Role: b.roleOf.Name, Policy: policy}, b.child)
	b.permissions = append(b.permissions, p)
	return err
}

// schedule makes the schedule, after its role may do what it needs to.
func (b *builder) schedule() (err error) {
	target := scheduler.ScheduleTargetArgs{
		Arn:              b.args.TargetARN,
		RoleArn:          b.roleOf.Arn,
		DeadLetterConfig: scheduler.ScheduleTargetDeadLetterConfigArgs{Arn: b.dead.Arn},
		RetryPolicy: scheduler.ScheduleTargetRetryPolicyArgs{
			MaximumRetryAttempts:     pulumi.Int(b.args.Attempts - 1),
			MaximumEventAgeInSeconds: pulumi.Int(b.args.MaxAge / time.Second),
		},
	}
	if b.args.Input != nil {
		target.Input = b.args.Input.ToStringOutput().ToStringPtrOutput()
	}
	if b.args.MessageGroup != "" {
		target.SqsParameters = scheduler.ScheduleTargetSqsParametersArgs{MessageGroupId: pulumi.String(b.args.MessageGroup)}
	}
	window := scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")}
	if b.args.Window > 0 {
		window.Mode, window.MaximumWindowInMinutes = pulumi.String("FLEXIBLE"), pulumi.Int(b.args.Window/time.Minute)
	}
	args := &scheduler.ScheduleArgs{
		GroupName:                  b.groupOf.Name,
		ScheduleExpression:         pulumi.String(b.args.Expression),
		ScheduleExpressionTimezone: pulumi.String(b.args.Timezone),
		FlexibleTimeWindow:         window,
		Target:                     target,
		StartDate:                  date(b.args.Start),
		EndDate:                    date(b.args.End),
	}
	if b.args.Paused {
		args.State = pulumi.String("DISABLED")
	}
	b.scheduleOf, err = scheduler.NewSchedule(b.ctx, b.name, args, b.child, pulumi.DependsOn(b.permissions))
	return err
}

// date writes a time as Scheduler reads it, nil for none.
func date(t time.Time) pulumi.StringPtrInput {
	if t.IsZero() {
		return nil
	}
	return pulumi.String(t.UTC().Format(time.RFC3339))
}

func (b *builder) alarms() error {
	watch := append(alarms.Schedules(b.groupOf.Name), alarms.DeadLetters(b.dead.Name))
	return alarms.Register(b.ctx, b.name, watch, b.args.AlarmActions, b.args.Tags, b.child)
}
