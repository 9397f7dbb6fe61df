package function

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

func (b *builder) logs() (err error) {
	b.group, err = cloudwatch.NewLogGroup(b.ctx, b.name, &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(b.args.LogDays),
		Tags:            b.tags(b.name),
	}, b.child)
	return err
}

// deadLetters keeps asynchronous invocations that failed, for as long as SQS
// can.
func (b *builder) deadLetters() (err error) {
	name := b.name + "-dead-letter"
	b.dead, err = sqs.NewQueue(b.ctx, name, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(14 * 24 * time.Hour / time.Second),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    b.tags(name),
	}, b.child)
	return err
}

func (b *builder) securityGroup() (err error) {
	if b.args.SubnetIDs == nil {
		return nil
	}
	b.inVPC, err = securitygroup.New(b.ctx, b.name, securitygroup.Args{
		Description: "Function " + b.name,
		VPCID:       b.args.VPCID,
		Egress:      securitygroup.AnyOut(),
		Tags:        b.args.Tags,
	}, b.child)
	return err
}

// function makes the function, after its role may do what it needs to.
func (b *builder) function() (err error) {
	args := &lambda.FunctionArgs{
		Role:             b.roleOf.Arn,
		Architectures:    pulumi.ToStringArray([]string{b.args.Architecture}),
		Timeout:          pulumi.Int(b.args.Timeout / time.Second),
		MemorySize:       pulumi.Int(b.args.MemoryMiB),
		DeadLetterConfig: lambda.FunctionDeadLetterConfigArgs{TargetArn: b.dead.Arn},
		LoggingConfig: lambda.FunctionLoggingConfigArgs{
			LogFormat: pulumi.String("Text"),
			LogGroup:  b.group.Name,
		},
		Tags: b.tags(b.name),
	}
	if b.args.Image.Given() {
		args.PackageType, args.ImageUri = pulumi.String("Image"), b.args.Image.Ref()
	} else {
		args.Code = b.args.Code
		args.Handler, args.Runtime = pulumi.String(b.args.Handler), pulumi.String(b.args.Runtime)
	}
	if len(b.args.Environment) > 0 {
		args.Environment = lambda.FunctionEnvironmentArgs{Variables: b.args.Environment}
	}
	if b.args.Reserved > 0 {
		args.ReservedConcurrentExecutions = pulumi.Int(b.args.Reserved)
	}
	if b.args.Tracing {
		args.TracingConfig = lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")}
	}
	if b.inVPC != nil {
		args.VpcConfig = lambda.FunctionVpcConfigArgs{
			SubnetIds:        b.args.SubnetIDs,
			SecurityGroupIds: pulumi.StringArray{b.inVPC.ID()},
		}
	}
	b.functionOf, err = lambda.NewFunction(b.ctx, b.name, args, b.child, pulumi.DependsOn(b.permissions))
	return err
}

func (b *builder) queues() error {
	for _, q := range b.args.Queues {
		name := b.name + "-" + q.Name
		args := &lambda.EventSourceMappingArgs{
			EventSourceArn: q.ARN.ToStringOutput().ToStringPtrOutput(),
			FunctionName:   b.functionOf.Arn,
			BatchSize:      pulumi.Int(q.BatchSize),
			Tags:           b.tags(name),
		}
		if q.Window > 0 {
			args.MaximumBatchingWindowInSeconds = pulumi.Int(q.Window / time.Second)
		}
		if q.MaxConcurrency > 0 {
			args.ScalingConfig = lambda.EventSourceMappingScalingConfigArgs{MaximumConcurrency: pulumi.Int(q.MaxConcurrency)}
		}
		if q.PartialFailures {
			args.FunctionResponseTypes = pulumi.ToStringArray([]string{"ReportBatchItemFailures"})
		}
		if _, err := lambda.NewEventSourceMapping(b.ctx, name, args, b.child); err != nil {
			return err
		}
	}
	return nil
}
