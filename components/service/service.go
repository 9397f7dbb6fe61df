// Package service provides containers on Fargate behind a load balancer.
package service

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:service:Service"

// Service runs containers on Fargate behind an application load balancer. The
// tasks accept connections only from the load balancer, their role may only do
// what TaskPolicy says, and a deployment whose tasks do not become healthy is
// rolled back. Alarms watch server errors, unhealthy tasks, latency, processors
// and memory. Two tasks of the default size and the load balancer cost about 40
// USD a month.
type Service struct {
	pulumi.ResourceState

	// URL is where the load balancer answers: https:// with a certificate, whose
	// names must point to DNSName, and http:// without.
	URL pulumi.StringOutput `pulumi:"url"`
	// DNSName and ZoneID are what an alias record of Route 53 points to.
	DNSName pulumi.StringOutput `pulumi:"dnsName"`
	ZoneID  pulumi.StringOutput `pulumi:"zoneId"`
	// SecurityGroupID is the group of the tasks, for rules that let them in
	// elsewhere.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
	// ClusterARN is where the tasks run; other services can share it.
	ClusterARN pulumi.StringOutput `pulumi:"clusterArn"`
	// ServiceName is the physical name, as metrics carry it.
	ServiceName pulumi.StringOutput `pulumi:"serviceName"`
	// TaskRoleName is for policies that are attached later.
	TaskRoleName pulumi.StringOutput `pulumi:"taskRoleName"`
	// TaskRoleARN names the program's role in policies of others.
	TaskRoleARN pulumi.StringOutput `pulumi:"taskRoleArn"`
}

// New creates a service. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Service, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Service{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.logs,
		b.cluster,
		b.executionRole,
		b.taskRole,
		b.securityGroups,
		b.loadBalancer,
		b.targetGroup,
		b.listeners,
		b.taskDefinition,
		b.service,
		b.scaling,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
	}
	scheme := "http://"
	if args.CertificateARN != nil {
		scheme = "https://"
	}
	self.URL = pulumi.Sprintf("%s%s", scheme, b.balancer.DnsName)
	self.DNSName, self.ZoneID = b.balancer.DnsName, b.balancer.ZoneId
	self.SecurityGroupID, self.ClusterARN = b.tasks.ID().ToStringOutput(), b.clusterARN
	self.ServiceName, self.TaskRoleName, self.TaskRoleARN = b.serviceOf.Name, b.task.Name, b.task.Arn
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"url": self.URL, "dnsName": self.DNSName, "zoneId": self.ZoneID,
		"securityGroupId": self.SecurityGroupID, "clusterArn": self.ClusterARN, "serviceName": self.ServiceName,
		"taskRoleName": self.TaskRoleName, "taskRoleArn": self.TaskRoleARN,
	})
}

// builder makes the parts of one service, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOrInvokeOption

	group           *cloudwatch.LogGroup
	clusterARN      pulumi.StringOutput
	execution, task *iam.Role
	permissions     []pulumi.Resource
	door, tasks     *securitygroup.Group // of the load balancer, and of the tasks
	balancer        *lb.LoadBalancer
	targets         *lb.TargetGroup
	listening       []pulumi.Resource
	definition      *ecs.TaskDefinition
	serviceOf       *ecs.Service
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

// clusterName is the end of the cluster's ARN.
func (b *builder) clusterName() pulumi.StringOutput {
	return b.clusterARN.ApplyT(lastPart).(pulumi.StringOutput)
}

func (b *builder) alarms() error {
	watch := append(alarms.LoadBalancer(b.balancer.ArnSuffix, b.targets.ArnSuffix, b.args.Latency),
		alarms.Service(b.clusterName(), b.serviceOf.Name)...)
	return alarms.Register(b.ctx, b.name, watch, b.args.AlarmActions, b.args.Tags, b.child)
}
