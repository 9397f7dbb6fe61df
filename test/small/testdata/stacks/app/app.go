// Package app is the stack that does the work: servers in the private subnets
// that take work from the queue and keep files in the bucket.
package app

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/instance"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/stacks/data"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

// Config is what an environment can choose.
type Config struct {
	Replicas     int    `estate:"replicas" default:"1" min:"0" max:"20" doc:"number of servers"`
	InstanceType string `estate:"instanceType" default:"t4g.micro" pattern:"[a-z][a-z0-9-]*\\.[a-z0-9-]+" format:"an instance type such as t4g.micro" doc:"size of a server"`
	ImageID      string `estate:"imageId" pattern:"(ami-[0-9a-f]+)?" format:"an AMI such as ami-0123456789abcdef0" doc:"AMI; default: the Amazon Linux of the day of creation"`
	VolumeGiB    int    `estate:"volumeGiB" default:"8" min:"8" max:"16384" doc:"size of a server's disk"`

	APIKey estate.Secret `estate:"apiKey" doc:"key of the payment service; kept in Parameter Store, none when left out"`
}

// Outputs is what other stacks, and people, can use.
type Outputs struct {
	InstanceIDs pulumi.StringArrayOutput `pulumi:"instanceIds" doc:"ids of the servers"`
	PrivateIPs  pulumi.StringArrayOutput `pulumi:"privateIps" doc:"addresses of the servers, in the order of their ids"`
}

// Stack is the application of an environment.
var Stack = estate.Define("app", build,
	estate.Doc("Servers that take work from the queue and keep files in the bucket"),
	estate.Needs(network.Stack, data.Stack))

func build(ctx *pulumi.Context, _ estate.Environment, cfg Config) (*Outputs, error) {
	net, err := estate.Use(ctx, network.Stack)
	if err != nil {
		return nil, err
	}
	store, err := estate.Use(ctx, data.Stack)
	if err != nil {
		return nil, err
	}
	key := pulumi.String("").ToStringOutput()
	if cfg.APIKey.IsSet() {
		if key, err = keep(ctx, "api-key", cfg.APIKey); err != nil {
			return nil, err
		}
	}
	policy := pulumi.All(store.QueueARN, store.BucketARN, key).ApplyT(func(arns []any) string {
		may := worker(arns[0].(string), arns[1].(string))
		if key := arns[2].(string); key != "" {
			may = append(may, reader(key)...)
		}
		return may.JSON()
	}).(pulumi.StringOutput)

	var ids, ips pulumi.StringArray
	for i := range cfg.Replicas {
		server, err := instance.New(ctx, fmt.Sprintf("app-%d", i+1), instance.Args{
			Type:      cfg.InstanceType,
			ImageID:   cfg.ImageID,
			VolumeGiB: cfg.VolumeGiB,
			VPCID:     net.VPCID,
			SubnetID:  net.PrivateSubnets.ApplyT(pick(i)).(pulumi.StringOutput),
			UserData:  pulumi.Sprintf(start, store.QueueURL, store.BucketName),
			Policy:    policy,
		})
		if err != nil {
			return nil, err
		}
		ids, ips = append(ids, server.ID), append(ips, server.PrivateIP)
	}
	return &Outputs{InstanceIDs: ids.ToStringArrayOutput(), PrivateIPs: ips.ToStringArrayOutput()}, nil
}

// pick spreads servers over the subnets, one after the other.
func pick(i int) func([]string) (string, error) {
	return func(subnets []string) (string, error) {
		if len(subnets) == 0 {
			return "", fmt.Errorf("stack %q has no private subnets", network.Stack.Name())
		}
		return subnets[i%len(subnets)], nil
	}
}

// start is the script of a server's first start: it tells the application
// where its queue and its bucket are.
const start = `#!/bin/sh
cat > /etc/app.env <<END
QUEUE_URL=%s
BUCKET=%s
END
`

// worker is what a server may do: take work, and read and write files.
func worker(queueARN, bucketARN string) iampolicy.Document {
	return iampolicy.Document{
		{
			Sid:       "TakeWork",
			Effect:    iampolicy.Allow,
			Actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"},
			Resources: []string{queueARN},
		},
		{
			Sid:       "KeepFiles",
			Effect:    iampolicy.Allow,
			Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
			Resources: []string{bucketARN + "/*"},
		},
		{
			Sid:       "ListFiles",
			Effect:    iampolicy.Allow,
			Actions:   []string{"s3:ListBucket"},
			Resources: []string{bucketARN},
		},
	}
}
