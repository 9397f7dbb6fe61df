package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// flowLogs records which addresses talked to which, when it is asked for.
func (b *builder) flowLogs() error {
	if b.args.FlowLogDays == 0 {
		return nil
	}
	name := b.name + "-flow-logs"
	group, err := cloudwatch.NewLogGroup(b.ctx, name, &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(b.args.FlowLogDays),
		Tags:            b.tags(name),
	}, b.child)
	if err != nil {
		return err
	}
	role, err := iam.NewRole(b.ctx, name, &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(iampolicy.AssumedBy("vpc-flow-logs.amazonaws.com").JSON()),
		Tags:             b.tags(name),
	}, b.child)
	if err != nil {
		return err
	}
	policy, err := iam.NewRolePolicy(b.ctx, name, &iam.RolePolicyArgs{
		Role:   role.ID(),
		Policy: group.Arn.ApplyT(func(arn string) string { return writeLogs(arn).JSON() }).(pulumi.StringOutput),
	}, b.child)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(b.ctx, name, &ec2.FlowLogArgs{
		VpcId:          b.vpc.ID(),
		TrafficType:    pulumi.String("ALL"),
		LogDestination: group.Arn,
		IamRoleArn:     role.Arn,
		Tags:           b.tags(name),
	}, b.child, pulumi.DependsOn([]pulumi.Resource{policy}))
	return err
}

// writeLogs is the policy of a role that writes into one log group.
func writeLogs(groupARN string) iampolicy.Document {
	return iampolicy.Document{{
		Effect:    iampolicy.Allow,
		Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		Resources: []string{groupARN, groupARN + ":*"},
	}}
}
