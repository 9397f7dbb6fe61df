// Package function provides a Lambda function with its role, logs, dead letters
// and alarms.
package function

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/image"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:function:Function"

// The processors of a function.
const (
	ARM64 = "arm64"
	X86   = "x86_64"
)

// Args configures a function. Code or Image must be given; everything else has
// a default: 30 seconds, 256 MiB, an ARM processor, no access to anything.
type Args struct {
	// Code is the program: pulumi.NewFileArchive("build/mailer.zip"), or a
	// directory. It goes with Handler and Runtime.
	Code pulumi.Archive
	// Handler is what Runtime calls: "bootstrap" for Go.
	Handler string
	// Runtime is Lambda's name of it, such as provided.al2023 (Go), python3.13 or
	// nodejs22.x.
	Runtime string
	// Image is the program as a container image in ECR, instead of Code.
	Image image.Image
	// Architecture is ARM64 or X86. Default ARM64, which costs a fifth less.
	Architecture string
	// Environment are the program's environment variables. Secret values stay
	// secret in the state; everyone who may read the function in AWS sees them.
	Environment pulumi.StringMap
	// Timeout ends an invocation, in whole seconds, 1s to 15m. Default 30s.
	Timeout time.Duration
	// MemoryMiB is 128 to 10240; processors grow with it. Default 256.
	MemoryMiB int
	// Reserved is how many invocations run at once at most, taken out of the
	// account's. Default 0: as many as the account has left.
	Reserved int
	// Policy is the JSON of what the program may do in AWS, as iampolicy.Document
	// gives it. Default: nothing.
	Policy pulumi.StringInput
	// VPCID and SubnetIDs put the function into private subnets; give both or
	// none. Its security group lets everything out. Default: no VPC.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
	// Queues are what starts the function, besides who may invoke it.
	Queues []Queue
	// LogDays is how long logs are kept, one of the days that CloudWatch offers.
	// Default 30.
	LogDays int
	// Tracing sends traces to X-Ray.
	Tracing bool
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Queue is an SQS queue whose messages start the function. Messages that fail
// come back, and end in the queue's own dead-letter queue; the queue's
// visibility timeout must be at least the function's timeout, better six times.
type Queue struct {
	// Name is the end of the resource's name: lower-case letters, digits and
	// hyphens.
	Name string
	// ARN is the queue. Changing it replaces the connection, not the queue.
	ARN pulumi.StringInput
	// BatchSize is how many messages an invocation gets at most, 1 to 10000, or
	// to 10 for a FIFO queue. Default 10. More than 10 needs Window.
	BatchSize int
	// Window is how long messages are collected for a batch, in whole seconds up
	// to 5m. Default 0: not at all. A FIFO queue has none.
	Window time.Duration
	// MaxConcurrency is how many invocations the queue starts at once at most, 2
	// to 1000. Default 0: no limit.
	MaxConcurrency int
	// PartialFailures lets the program name the messages of a batch that failed;
	// without it all of them come back.
	PartialFailures bool
}

// Function is a Lambda function. Its role may write its own logs and dead
// letters and do what Policy says; asynchronous invocations that fail three
// times are kept for 14 days; alarms watch errors, throttles, durations close to
// the timeout, and dead letters. It costs per invocation, and about 0.40 USD a
// month for the alarms.
type Function struct {
	pulumi.ResourceState

	// ARN names the function in policies and schedules.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name, as metrics carry it.
	Name pulumi.StringOutput `pulumi:"name"`
	// InvokeARN is what API Gateway calls.
	InvokeARN pulumi.StringOutput `pulumi:"invokeArn"`
	// RoleName is for policies that are attached later.
	RoleName pulumi.StringOutput `pulumi:"roleName"`
	// RoleARN names the function's role in policies of others.
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
	// LogGroup is the name of the log group.
	LogGroup pulumi.StringOutput `pulumi:"logGroup"`
	// DeadLetterARN is the queue of failed asynchronous invocations.
	DeadLetterARN pulumi.StringOutput `pulumi:"deadLetterArn"`
	// SecurityGroupID is for rules that let the function in, "" without a VPC.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
}

// New creates a function. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Function, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Function{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.logs,
		b.deadLetters,
		b.role,
		b.securityGroup,
		b.function,
		b.queues,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("function %q: %w", name, err)
		}
	}
	self.ARN, self.Name, self.InvokeARN = b.functionOf.Arn, b.functionOf.Name, b.functionOf.InvokeArn
	self.RoleName, self.RoleARN = b.roleOf.Name, b.roleOf.Arn
	self.LogGroup, self.DeadLetterARN = b.group.Name, b.dead.Arn
	self.SecurityGroupID = pulumi.String("").ToStringOutput()
	if b.inVPC != nil {
		self.SecurityGroupID = b.inVPC.ID().ToStringOutput()
	}
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"arn": self.ARN, "name": self.Name, "invokeArn": self.InvokeARN,
		"roleName": self.RoleName, "roleArn": self.RoleARN,
		"logGroup": self.LogGroup, "deadLetterArn": self.DeadLetterARN, "securityGroupId": self.SecurityGroupID,
	})
}

// builder makes the parts of one function, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	group       *cloudwatch.LogGroup
	dead        *sqs.Queue
	roleOf      *iam.Role
	permissions []pulumi.Resource
	inVPC       *securitygroup.Group // nil without a VPC
	functionOf  *lambda.Function
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

func (b *builder) alarms() error {
	watch := append(alarms.Function(b.functionOf.Name, b.args.Timeout), alarms.DeadLetters(b.dead.Name))
	return alarms.Register(b.ctx, b.name, watch, b.args.AlarmActions, b.args.Tags, b.child)
}
