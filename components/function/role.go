package function

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// role makes the role of the program, with two policies: what the function
// needs to run, and what the caller gives it.
func (b *builder) role() (err error) {
	b.roleOf, err = iam.NewRole(b.ctx, b.name, &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(iampolicy.AssumedBy("lambda.amazonaws.com").JSON()),
		Tags:             b.tags(b.name),
	}, b.child)
	if err != nil {
		return err
	}
	arns := []any{b.group.Arn, b.dead.Arn}
	for _, q := range b.args.Queues {
		arns = append(arns, q.ARN)
	}
	vpc, tracing := b.args.SubnetIDs != nil, b.args.Tracing
	if err := b.permit(b.name, pulumi.All(arns...).ApplyT(func(arns []any) string {
		var queues []string
		for _, arn := range arns[2:] {
			queues = append(queues, arn.(string))
		}
		return permissions(arns[0].(string), arns[1].(string), queues, vpc, tracing).JSON()
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

// permissions is what a function needs to run: to write its own logs and dead
// letters, to read its queues, to be in a VPC, to send traces.
func permissions(logGroup, deadLetters string, queues []string, vpc, tracing bool) iampolicy.Document {
	doc := iampolicy.Document{{
		Sid: "Logs", Effect: iampolicy.Allow,
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []string{logGroup + ":*"},
	}, {
		Sid: "DeadLetters", Effect: iampolicy.Allow,
		Actions:   []string{"sqs:SendMessage"},
		Resources: []string{deadLetters},
	}}
	if len(queues) > 0 {
		doc = append(doc, iampolicy.Statement{
			Sid: "Queues", Effect: iampolicy.Allow,
			Actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
			Resources: queues,
		})
	}
	if vpc { // Lambda asks for these on every network interface
		doc = append(doc, iampolicy.Statement{
			Sid: "NetworkInterfaces", Effect: iampolicy.Allow,
			Actions: []string{
				"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
				"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
			},
			Resources: []string{"*"},
		})
	}
	if tracing { // traces belong to no resource
		doc = append(doc, iampolicy.Statement{
			Sid: "Traces", Effect: iampolicy.Allow,
			Actions:   []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
			Resources: []string{"*"},
		})
	}
	return doc
}
