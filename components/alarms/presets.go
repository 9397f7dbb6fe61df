package alarms

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OldestMessage is raised when a message of an SQS queue waits longer than age.
func OldestMessage(queueName pulumi.StringInput, age time.Duration) Alarm {
	return Alarm{
		Name: "age", Description: "The oldest message has waited longer than " + age.String(),
		Namespace: "AWS/SQS", Metric: "ApproximateAgeOfOldestMessage",
		Dimensions: pulumi.StringMap{"QueueName": queueName}, Threshold: age.Seconds(),
	}
}

// DeadLetters is raised when there is a message in an SQS dead-letter queue.
func DeadLetters(queueName pulumi.StringInput) Alarm {
	return Alarm{
		Name: "dead-letters", Description: "A message failed too often and was put aside",
		Namespace: "AWS/SQS", Metric: "ApproximateNumberOfMessagesVisible",
		Dimensions: pulumi.StringMap{"QueueName": queueName},
	}
}

// Topic is raised when an SNS topic cannot deliver.
func Topic(topicName pulumi.StringInput) []Alarm {
	return []Alarm{{
		Name: "undelivered", Description: "A notification could not be delivered to a subscriber",
		Namespace: "AWS/SNS", Metric: "NumberOfNotificationsFailed", Statistic: "Sum", Periods: 1,
		Dimensions: pulumi.StringMap{"TopicName": topicName},
	}}
}

// Function is raised when a Lambda function fails, is throttled, or runs for
// more than nine tenths of its timeout.
func Function(functionName pulumi.StringInput, timeout time.Duration) []Alarm {
	of := pulumi.StringMap{"FunctionName": functionName}
	near := timeout * 9 / 10
	return []Alarm{{
		Name: "errors", Description: "Invocations of the function failed",
		Namespace: "AWS/Lambda", Metric: "Errors", Statistic: "Sum", Periods: 1, Dimensions: of,
	}, {
		Name: "throttles", Description: "Invocations were refused: the account's or the function's concurrency is used up",
		Namespace: "AWS/Lambda", Metric: "Throttles", Statistic: "Sum", Periods: 1, Dimensions: of,
	}, {
		Name: "duration", Description: "An invocation ran for more than " + near.String() + ", close to its timeout",
		Namespace: "AWS/Lambda", Metric: "Duration", Periods: 1, Dimensions: of,
		Threshold: float64(near / time.Millisecond),
	}}
}

// Schedules is raised when the targets of an EventBridge Scheduler group refuse
// to start, or when an invocation is given up.
func Schedules(groupName pulumi.StringInput) []Alarm {
	of := pulumi.StringMap{"ScheduleGroup": groupName}
	return []Alarm{{
		Name: "target-errors", Description: "The target refused an invocation; the scheduler tries again",
		Namespace: "AWS/Scheduler", Metric: "TargetErrorCount", Statistic: "Sum", Periods: 1, Dimensions: of,
	}, {
		Name: "dropped", Description: "The scheduler gave an invocation up: it did not happen",
		Namespace: "AWS/Scheduler", Metric: "InvocationDroppedCount", Statistic: "Sum", Periods: 1, Dimensions: of,
	}}
}

// Service is raised when an ECS service uses more than 85 % of its processors
// or memory for ten minutes.
func Service(clusterName, serviceName pulumi.StringInput) []Alarm {
	of := pulumi.StringMap{"ClusterName": clusterName, "ServiceName": serviceName}
	return []Alarm{
		busy("cpu", "The service uses more than 85 % of its processors", "AWS/ECS", "CPUUtilization", of),
		busy("memory", "The service uses more than 85 % of its memory", "AWS/ECS", "MemoryUtilization", of),
	}
}

// LoadBalancer is raised when an application load balancer or its targets
// answer with server errors, targets are unhealthy, or one answer in twenty
// takes longer than latency. The names are the ARN suffixes of the resources.
func LoadBalancer(loadBalancer, targetGroup pulumi.StringInput, latency time.Duration) []Alarm {
	of := pulumi.StringMap{"LoadBalancer": loadBalancer, "TargetGroup": targetGroup}
	return []Alarm{{
		Name: "5xx", Description: "The service answered with server errors",
		Namespace: "AWS/ApplicationELB", Metric: "HTTPCode_Target_5XX_Count", Statistic: "Sum", Dimensions: of,
	}, {
		Name: "unanswered", Description: "The load balancer answered with server errors of its own: nobody behind it could",
		Namespace: "AWS/ApplicationELB", Metric: "HTTPCode_ELB_5XX_Count", Statistic: "Sum",
		Dimensions: pulumi.StringMap{"LoadBalancer": loadBalancer},
	}, {
		Name: "unhealthy", Description: "Tasks of the service fail their health check",
		Namespace: "AWS/ApplicationELB", Metric: "UnHealthyHostCount", Dimensions: of,
	}, {
		Name: "latency", Description: "One answer in twenty takes longer than " + latency.String(),
		Namespace: "AWS/ApplicationELB", Metric: "TargetResponseTime", Statistic: "p95", Dimensions: of,
		Threshold: latency.Seconds(), Periods: 5,
	}}
}

// Database is raised when an RDS instance is busy for ten minutes, or has less
// than a tenth of its storage left.
func Database(identifier pulumi.StringInput, storageGiB int) []Alarm {
	of := pulumi.StringMap{"DBInstanceIdentifier": identifier}
	return []Alarm{
		busy("cpu", "The database uses more than 85 % of its processors", "AWS/RDS", "CPUUtilization", of),
		{
			Name: "storage", Description: "The database has less than a tenth of its storage left",
			Namespace: "AWS/RDS", Metric: "FreeStorageSpace", Statistic: "Minimum", Dimensions: of,
			Raised: Below, Threshold: float64(storageGiB) * (1 << 30) / 10,
		},
	}
}

// DatabaseConnections is raised when an RDS instance has more connections than
// many for ten minutes.
func DatabaseConnections(identifier pulumi.StringInput, many int) Alarm {
	return Alarm{
		Name: "connections", Description: "The database has nearly as many connections as it allows",
		Namespace: "AWS/RDS", Metric: "DatabaseConnections", Statistic: "Average",
		Dimensions: pulumi.StringMap{"DBInstanceIdentifier": identifier}, Threshold: float64(many),
		Period: 5 * time.Minute, Periods: 2,
	}
}

// DatabaseCredits is raised when an RDS instance of a burstable class uses more
// processor than it earns in a day: from then on, what it uses is billed on top.
func DatabaseCredits(identifier pulumi.StringInput) Alarm {
	return Alarm{
		Name: "credits", Description: "The database needs more processor than its class earns, and that is billed on top",
		Namespace: "AWS/RDS", Metric: "CPUSurplusCreditsCharged",
		Dimensions: pulumi.StringMap{"DBInstanceIdentifier": identifier},
		Period:     5 * time.Minute, Periods: 2,
	}
}

// Cache is raised when an ElastiCache node is busy or nearly full for ten
// minutes.
func Cache(clusterID pulumi.StringInput) []Alarm {
	of := pulumi.StringMap{"CacheClusterId": clusterID}
	return []Alarm{
		busy("cpu", "The cache uses more than 85 % of its engine's processor", "AWS/ElastiCache", "EngineCPUUtilization", of),
		busy("memory", "The cache uses more than 85 % of its memory", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", of),
	}
}

// Table is raised when requests to a DynamoDB table are throttled.
func Table(tableName pulumi.StringInput) []Alarm {
	of := pulumi.StringMap{"TableName": tableName}
	return []Alarm{{
		Name: "read-throttles", Description: "Reads of the table were throttled",
		Namespace: "AWS/DynamoDB", Metric: "ReadThrottleEvents", Statistic: "Sum", Dimensions: of,
	}, {
		Name: "write-throttles", Description: "Writes to the table were throttled",
		Namespace: "AWS/DynamoDB", Metric: "WriteThrottleEvents", Statistic: "Sum", Dimensions: of,
	}}
}

// busy is raised when a percentage stays above 85 for ten minutes.
func busy(name, description, namespace, metric string, of pulumi.StringMap) Alarm {
	return Alarm{
		Name: name, Description: description, Namespace: namespace, Metric: metric,
		Statistic: "Average", Dimensions: of, Threshold: 85, Period: 5 * time.Minute, Periods: 2,
	}
}
