// Package data is the stack that keeps what must not be lost: a database, a
// table, files in a bucket, work in a queue.
package data

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/bucket"
	"github.com/trunkline-dev/trunkline/components/database"
	"github.com/trunkline-dev/trunkline/components/queue"
	"github.com/trunkline-dev/trunkline/components/table"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

// Config is what an environment can choose.
type Config struct {
	KeepVersionsDays int      `estate:"keepVersionsDays" default:"30" min:"1" max:"3650" doc:"days that overwritten and deleted files can be recovered"`
	Database         Database `estate:"database"`
	Queue            Queue    `estate:"queue"`
}

// Database is what an environment can choose about the database.
type Database struct {
	Class         string `estate:"class" default:"db.t4g.micro" pattern:"db\\.[a-z0-9-]+\\.[a-z0-9]+" format:"an instance class such as db.t4g.micro" doc:"size of the instance; a change restarts it"`
	StorageGiB    int    `estate:"storageGiB" default:"20" min:"20" max:"65536" doc:"size of the disk, which can only grow"`
	MultiAZ       bool   `estate:"multiAz" doc:"keep a second instance in another zone, at twice the price"`
	BackupDays    int    `estate:"backupDays" default:"7" min:"1" max:"35" doc:"how far back the database can be restored"`
	FinalSnapshot bool   `estate:"finalSnapshot" default:"true" doc:"take a last snapshot before the database is deleted"`
}

// Queue is what an environment can choose about the queue.
type Queue struct {
	Retention   time.Duration `estate:"retention" default:"96h" min:"1m" max:"336h" doc:"how long a message waits to be handled"`
	MaxReceives int           `estate:"maxReceives" default:"5" min:"1" max:"1000" doc:"attempts before a message is put aside"`
	AlarmAge    time.Duration `estate:"alarmAge" default:"15m" min:"1m" max:"336h" doc:"age of the oldest message that raises the alarm"`
	AlarmTopics []string      `estate:"alarmTopics" doc:"ARNs of SNS topics that the alarms of this stack notify"`
}

// Outputs is what other stacks can use.
type Outputs struct {
	DatabaseAddress       pulumi.StringOutput `pulumi:"databaseAddress" doc:"host of the database"`
	DatabaseName          pulumi.StringOutput `pulumi:"databaseName" doc:"database of the application"`
	DatabaseSecretARN     pulumi.StringOutput `pulumi:"databaseSecretArn" doc:"secret with username and password, as JSON"`
	DatabaseSecurityGroup pulumi.StringOutput `pulumi:"databaseSecurityGroup" doc:"group to which clients of the database are let in"`

	TableName pulumi.StringOutput `pulumi:"tableName" doc:"table of the sessions"`
	TableARN  pulumi.StringOutput `pulumi:"tableArn" doc:"ARN of the table, for policies"`

	BucketName pulumi.StringOutput `pulumi:"bucketName" doc:"bucket of the files"`
	BucketARN  pulumi.StringOutput `pulumi:"bucketArn" doc:"ARN of the bucket, for policies"`

	QueueURL  pulumi.StringOutput `pulumi:"queueUrl" doc:"where work is sent and received"`
	QueueARN  pulumi.StringOutput `pulumi:"queueArn" doc:"ARN of the queue, for policies"`
	QueueName pulumi.StringOutput `pulumi:"queueName" doc:"name of the queue, for metrics"`
}

// Stack is the data of an environment.
var Stack = estate.Define("data", build,
	estate.Doc("What must not be lost: a database, a table of sessions, a bucket of files and a queue of work"),
	estate.Needs(network.Stack))

func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) {
	net, err := estate.Use(ctx, network.Stack)
	if err != nil {
		return nil, err
	}
	alarmActions := pulumi.ToStringArray(cfg.Queue.AlarmTopics)

	// Nobody can reach the database yet: each client's stack lets its own in.
	db, err := database.New(ctx, "main", database.Args{
		Class:           cfg.Database.Class,
		StorageGiB:      cfg.Database.StorageGiB,
		MultiAZ:         cfg.Database.MultiAZ,
		BackupDays:      cfg.Database.BackupDays,
		VPCID:           net.VPCID,
		SubnetIDs:       net.PrivateSubnets,
		Unprotected:     !env.Protect,
		NoFinalSnapshot: !cfg.Database.FinalSnapshot,
		AlarmActions:    alarmActions,
	}, pulumi.Protect(env.Protect))
	if err != nil {
		return nil, err
	}
	sessions, err := table.New(ctx, "sessions", table.Args{
		TTLAttribute: "expires",
		Unprotected:  !env.Protect,
		AlarmActions: alarmActions,
	}, pulumi.Protect(env.Protect))
	if err != nil {
		return nil, err
	}
	files, err := bucket.New(ctx, "files", bucket.Args{
		NoncurrentDays: cfg.KeepVersionsDays,
	}, pulumi.Protect(env.Protect))
	if err != nil {
		return nil, err
	}
	work, err := queue.New(ctx, "work", queue.Args{
		VisibilityTimeout: 3 * time.Minute, // six times what a worker may take
		Retention:         cfg.Queue.Retention,
		MaxReceives:       cfg.Queue.MaxReceives,
		MaxAge:            cfg.Queue.AlarmAge,
		AlarmActions:      alarmActions,
	})
	if err != nil {
		return nil, err
	}
	return &Outputs{
		DatabaseAddress:       db.Address,
		DatabaseName:          db.DatabaseName,
		DatabaseSecretARN:     db.SecretARN,
		DatabaseSecurityGroup: db.SecurityGroupID,
		TableName:             sessions.Name,
		TableARN:              sessions.ARN,
		BucketName:            files.Name,
		BucketARN:             files.ARN,
		QueueURL:              work.URL,
		QueueARN:              work.ARN,
		QueueName:             work.Name,
	}, nil
}
