package queue

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// alarms watches both queues: messages that wait too long, and dead letters.
func (a Args) alarms(ctx *pulumi.Context, name string, queue, dead *sqs.Queue, opts ...pulumi.ResourceOption) error {
	if err := a.alarm(ctx, name+"-age", queue, "ApproximateAgeOfOldestMessage", a.MaxAge.Seconds(),
		"The oldest message has waited longer than "+a.MaxAge.String(), opts...); err != nil {
		return err
	}
	return a.alarm(ctx, name+"-dead-letters", dead, "ApproximateNumberOfMessagesVisible", 0,
		"A message failed too often and was put aside", opts...)
}

// alarm is raised when the metric is above the threshold for three minutes. An
// idle queue sends no data, and that is fine.
func (a Args) alarm(ctx *pulumi.Context, name string, queue *sqs.Queue, metric string, threshold float64,
	description string, opts ...pulumi.ResourceOption,
) error {
	var actions pulumi.Array
	for _, action := range a.AlarmActions {
		actions = append(actions, action)
	}
	_, err := cloudwatch.NewMetricAlarm(ctx, name, &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(description),
		Namespace:          pulumi.String("AWS/SQS"),
		MetricName:         pulumi.String(metric),
		Dimensions:         pulumi.StringMap{"QueueName": queue.Name},
		Statistic:          pulumi.String("Maximum"),
		Period:             seconds(time.Minute),
		EvaluationPeriods:  pulumi.Int(3),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(threshold),
		TreatMissingData:   pulumi.String("notBreaching"),
		AlarmActions:       actions,
		OkActions:          actions,
		Tags:               tags.Named(name, a.Tags),
	}, opts...)
	return err
}
