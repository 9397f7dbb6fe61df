package main

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/instance"
	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/components/queue"
)

// rows are all components.
func rows() []row {
	return []row{queueRow(), bucketRow(), networkRow(), instanceRow()}
}

func queueRow() row {
	return row{
		name: "queue",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := queue.Args{}
				if s >= inPlace {
					args.VisibilityTimeout = 45 * time.Second
				}
				args.FIFO = s >= replaced
				q, err := queue.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("url", q.URL)
				return nil
			}
		},
		updates: "aws:sqs/queue:Queue", replaces: "aws:sqs/queue:Queue",
		drift: drift{"aws:sqs/queue:Queue", func(out map[string]string) []string {
			return []string{"sqs", "set-queue-attributes", "--queue-url", out["url"], "--attributes", "VisibilityTimeout=99"}
		}},
	}
}

func bucketRow() row {
	return row{
		name: "bucket", slow: true,
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
		updates: "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		drift: drift{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", func(out map[string]string) []string {
			return []string{"s3api", "put-public-access-block", "--bucket", out["name"],
				"--public-access-block-configuration", "BlockPublicAcls=false,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"}
		}},
	}
}

func networkRow() row {
	return row{
		name: "network",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := network.Args{NAT: network.NATNone}
				if s >= inPlace {
					args.Tags = map[string]string{"team": "platform"}
				}
				if s >= replaced {
					args.CIDR = "10.1.0.0/16"
				}
				n, err := network.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("vpc", n.VPCID)
				return nil
			}
		},
		updates: "aws:ec2/vpc:Vpc", replaces: "aws:ec2/vpc:Vpc",
		drift: drift{"aws:ec2/vpc:Vpc", func(out map[string]string) []string {
			return []string{"ec2", "create-tags", "--resources", out["vpc"], "--tags", "Key=team,Value=somebody"}
		}},
	}
}

func instanceRow() row {
	return row{
		name: "instance",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := instance.Args{}
				if s >= inPlace {
					args.Tags = map[string]string{"team": "platform"}
				}
				if s >= replaced {
					args.UserData = pulumi.String("#!/bin/sh\necho hello\n")
				}
				i, err := instance.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("id", i.ID)
				return nil
			}
		},
		updates: "aws:ec2/instance:Instance", replaces: "aws:ec2/instance:Instance",
		drift: drift{"aws:ec2/instance:Instance", func(out map[string]string) []string {
			return []string{"ec2", "create-tags", "--resources", out["id"], "--tags", fmt.Sprint("Key=team,Value=", "somebody")}
		}},
		kept: map[string]string{"ec2 Instance": "a terminated instance is listed for an hour"},
	}
}
