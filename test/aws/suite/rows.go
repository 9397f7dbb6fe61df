package main

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/key"
	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/components/secret"
	"github.com/trunkline-dev/trunkline/components/table"
	"github.com/trunkline-dev/trunkline/components/topic"
)

// rows are the reference estate and all components, the slowest first.
func rows() []row {
	return []row{
		estateRow(), databaseRow(), importRow(), serviceRow(), siteRow(), cacheRow(), instanceRow(), bucketRow(), queueRow(), networkRow(), defaultVPCRow(), securityGroupRow(),
		certificateRow(), zoneRow(), registryRow(), functionRow(), scheduleRow(), deployRoleRow(), keyRow(), secretRow(), tableRow(), topicRow(), alarmsRow(),
	}
}

// team changes a tag from the stage inPlace on.
func team(s stage) map[string]string {
	if s >= inPlace {
		return map[string]string{"team": "platform"}
	}
	return nil
}

func queueRow() row {
	return row{
		name: "queue", slow: true, // the provider waits until attributes have been the same for 25 seconds
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := queue.Args{FIFO: s >= replaced}
				if s >= inPlace {
					args.VisibilityTimeout = 45 * time.Second
				}
				q, err := queue.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("url", q.URL)
				return nil
			}
		},
		updates:  effect{"aws:sqs/queue:Queue", "visibilityTimeoutSeconds"},
		replaces: effect{"aws:sqs/queue:Queue", "fifoQueue"},
		drift: drift{effect{"aws:sqs/queue:Queue", "visibilityTimeoutSeconds"}, func(out map[string]string) []string {
			return []string{"sqs", "set-queue-attributes", "--queue-url", out["url"], "--attributes", "VisibilityTimeout=99"}
		}},
	}
}

func bucketRow() row {
	return row{
		name: "bucket", slow: true, // the provider waits until a lifecycle has been the same for 50 seconds
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := bucket.Args{}
				if s >= inPlace {
					args.NoncurrentDays = 30
				}
				b, err := bucket.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("name", b.Name)
				return nil
			}
		},
		updates: effect{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules"},
		drift: drift{effect{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicAcls"}, func(out map[string]string) []string {
			return []string{
				"s3api", "put-public-access-block", "--bucket", out["name"], "--public-access-block-configuration",
				"BlockPublicAcls=false,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
			}
		}},
	}
}

func keyRow() row {
	return row{
		name: "key",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := key.Args{}
				if s >= inPlace {
					args.DeletionDays = 7
				}
				k, err := key.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("id", k.ID)
				return nil
			}
		},
		updates: effect{"aws:kms/key:Key", "deletionWindowInDays"},
		drift: drift{effect{"aws:kms/key:Key", "enableKeyRotation"}, func(out map[string]string) []string {
			return []string{"kms", "disable-key-rotation", "--key-id", out["id"]}
		}},
	}
}

func secretRow() row {
	return row{
		name: "secret",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := secret.Args{Value: pulumi.String("hunter2")}
				if s >= inPlace {
					args.Description = "of the shop"
				}
				if s >= replaced {
					args.Value = pulumi.String("hunter3")
				}
				made, err := secret.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("arn", made.ARN)
				return nil
			}
		},
		updates:  effect{"aws:secretsmanager/secret:Secret", "description"},
		replaces: effect{"aws:secretsmanager/secretVersion:SecretVersion", "secretString"},
		drift: drift{effect{"aws:secretsmanager/secret:Secret", "description"}, func(out map[string]string) []string {
			return []string{"secretsmanager", "update-secret", "--secret-id", out["arn"], "--description", "of somebody"}
		}},
	}
}

func tableRow() row {
	return row{
		name: "table",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := table.Args{Unprotected: true}
				if s >= inPlace {
					args.TTLAttribute = "expires"
				}
				if s >= replaced {
					args.RangeKey = table.Number("at")
				}
				t, err := table.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("name", t.Name)
				return nil
			}
		},
		updates:  effect{"aws:dynamodb/table:Table", "ttl"},
		replaces: effect{"aws:dynamodb/table:Table", "rangeKey"},
		drift: drift{effect{"aws:dynamodb/table:Table", "pointInTimeRecovery"}, func(out map[string]string) []string {
			return []string{
				"dynamodb", "update-continuous-backups", "--table-name", out["name"],
				"--point-in-time-recovery-specification", "PointInTimeRecoveryEnabled=false",
			}
		}},
	}
}

func topicRow() row {
	return row{
		name: "topic",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := topic.Args{FIFO: s >= replaced}
				if s >= inPlace {
					args.DisplayName = "Shop"
				}
				t, err := topic.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("arn", t.ARN)
				return nil
			}
		},
		updates:  effect{"aws:sns/topic:Topic", "displayName"},
		replaces: effect{"aws:sns/topic:Topic", "fifoTopic"},
		drift: drift{effect{"aws:sns/topic:Topic", "displayName"}, func(out map[string]string) []string {
			return []string{
				"sns", "set-topic-attributes", "--topic-arn", out["arn"],
				"--attribute-name", "DisplayName", "--attribute-value", "Somebody",
			}
		}},
	}
}

func alarmsRow() row {
	return row{
		name: "alarms",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				alarm := alarms.Alarm{
					Name: "busy", Description: "The queue is long.", Namespace: "AWS/SQS", Metric: "ApproximateNumberOfMessagesVisible",
					Dimensions: pulumi.StringMap{"QueueName": pulumi.String("jobs")}, Threshold: 100,
				}
				if s >= inPlace {
					alarm.Threshold = 200
				}
				made, err := alarms.New(ctx, "main", alarms.Args{Watch: []alarms.Alarm{alarm}})
				if err != nil {
					return err
				}
				ctx.Export("name", made.ARNs.Index(pulumi.Int(0)).ApplyT(afterLastColon).(pulumi.StringOutput))
				return nil
			}
		},
		updates: effect{"aws:cloudwatch/metricAlarm:MetricAlarm", "threshold"},
		drift: drift{effect{"aws:cloudwatch/metricAlarm:MetricAlarm", "threshold"}, func(out map[string]string) []string {
			return []string{
				"cloudwatch", "put-metric-alarm", "--alarm-name", out["name"], "--namespace", "AWS/SQS",
				"--metric-name", "ApproximateNumberOfMessagesVisible", "--dimensions", "Name=QueueName,Value=jobs",
				"--alarm-description", "The queue is long.", "--statistic", "Maximum", "--comparison-operator", "GreaterThanThreshold",
				"--period", "60", "--evaluation-periods", "3", "--treat-missing-data", "notBreaching", "--threshold", "9",
			}
		}},
	}
}
