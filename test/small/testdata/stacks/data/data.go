// Package data is the stack that keeps what must not be lost: files in a
// bucket, work in a queue.
package data

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/estate"
)

// Config is what an environment can choose.
type Config struct {
	KeepVersionsDays int   `estate:"keepVersionsDays" default:"30" min:"1" max:"3650" doc:"days that overwritten and deleted files can be recovered"`
	Queue            Queue `estate:"queue"`
}

// Queue is what an environment can choose about the queue.
type Queue struct {
	Retention   time.Duration `estate:"retention" default:"96h" min:"1m" max:"336h" doc:"how long a message waits to be handled"`
	MaxReceives int           `estate:"maxReceives" default:"5" min:"1" max:"1000" doc:"attempts before a message is put aside"`
	AlarmAge    time.Duration `estate:"alarmAge" default:"15m" min:"1m" max:"336h" doc:"age of the oldest message that raises the alarm"`
	AlarmTopics []string      `estate:"alarmTopics" doc:"ARNs of SNS topics that alarms notify"`
}

// Outputs is what other stacks can use.
type Outputs struct {
	BucketName pulumi.StringOutput `pulumi:"bucketName" doc:"bucket of the files"`
	BucketARN  pulumi.StringOutput `pulumi:"bucketArn" doc:"ARN of the bucket, for policies"`
	QueueURL   pulumi.StringOutput `pulumi:"queueUrl" doc:"where work is sent and received"`
	QueueARN   pulumi.StringOutput `pulumi:"queueArn" doc:"ARN of the queue, for policies"`
}

// Stack is the data of an environment.
var Stack = estate.Define("data", build,
	estate.Doc("What must not be lost: a bucket of files and a queue of work"))

func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) {
	files, err := bucket.New(ctx, "files", bucket.Args{
		NoncurrentDays: cfg.KeepVersionsDays,
	}, pulumi.Protect(env.Protect))
	if err != nil {
		return nil, err
	}
	work, err := queue.New(ctx, "work", queue.Args{
		Retention:    cfg.Queue.Retention,
		MaxReceives:  cfg.Queue.MaxReceives,
		MaxAge:       cfg.Queue.AlarmAge,
		AlarmActions: pulumi.ToStringArray(cfg.Queue.AlarmTopics),
	})
	if err != nil {
		return nil, err
	}
	return &Outputs{
		BucketName: files.Name,
		BucketARN:  files.ARN,
		QueueURL:   work.URL,
		QueueARN:   work.ARN,
	}, nil
}
