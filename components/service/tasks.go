package service

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

func (b *builder) logs() (err error) {
	b.group, err = cloudwatch.NewLogGroup(b.ctx, b.name, &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(b.args.LogDays),
		Tags:            b.tags(b.name),
	}, b.child)
	return err
}

func (b *builder) cluster() error {
	if b.args.ClusterARN != nil {
		b.clusterARN = b.args.ClusterARN.ToStringOutput()
		return nil
	}
	cluster, err := ecs.NewCluster(b.ctx, b.name, &ecs.ClusterArgs{Tags: b.tags(b.name)}, b.child)
	if err != nil {
		return err
	}
	b.clusterARN = cluster.Arn
	return nil
}

// taskDefinition says what a task is. Its family has the name of the log group,
// which no other service has.
func (b *builder) taskDefinition() (err error) {
	main := b.container(b.name, b.args.Container, true)
	main["portMappings"] = pulumi.Array{pulumi.Map{
		"containerPort": pulumi.Int(b.args.Port), "hostPort": pulumi.Int(b.args.Port), "protocol": pulumi.String("tcp"),
	}}
	containers := pulumi.Array{main}
	for _, s := range b.args.Sidecars {
		containers = append(containers, b.container(s.Name, s.Container, !s.Optional))
	}
	architecture := "X86_64"
	if b.args.Architecture == ARM64 {
		architecture = "ARM64"
	}
	b.definition, err = ecs.NewTaskDefinition(b.ctx, b.name, &ecs.TaskDefinitionArgs{
		Family:                  b.group.Name,
		ContainerDefinitions:    pulumi.JSONMarshal(containers),
		Cpu:                     pulumi.String(strconv.Itoa(b.args.CPU)),
		Memory:                  pulumi.String(strconv.Itoa(b.args.MemoryMiB)),
		NetworkMode:             pulumi.String("awsvpc"),
		RequiresCompatibilities: pulumi.ToStringArray([]string{"FARGATE"}),
		RuntimePlatform: ecs.TaskDefinitionRuntimePlatformArgs{
			CpuArchitecture:       pulumi.String(architecture),
			OperatingSystemFamily: pulumi.String("LINUX"),
		},
		ExecutionRoleArn: b.execution.Arn,
		TaskRoleArn:      b.task.Arn,
		Tags:             b.tags(b.name),
	}, b.child)
	return err
}

// container is one container as ECS reads it.
func (b *builder) container(name string, c Container, essential bool) pulumi.Map {
	m := pulumi.Map{
		"name":      pulumi.String(name),
		"image":     c.Image.Ref(),
		"essential": pulumi.Bool(essential),
		"logConfiguration": pulumi.Map{
			"logDriver": pulumi.String("awslogs"),
			"options": pulumi.StringMap{
				"awslogs-group":         b.group.Name,
				"awslogs-region":        b.group.Arn.ApplyT(iampolicy.RegionOf).(pulumi.StringOutput),
				"awslogs-stream-prefix": pulumi.String(name),
			},
		},
	}
	if len(c.Command) > 0 {
		m["command"] = pulumi.ToStringArray(c.Command)
	}
	if len(c.Environment) > 0 {
		m["environment"] = pairs(c.Environment, "value")
	}
	if len(c.Secrets) > 0 {
		m["secrets"] = pairs(c.Secrets, "valueFrom")
	}
	return m
}

// pairs writes a map as ECS reads it, in the order of the names.
func pairs(of pulumi.StringMap, value string) pulumi.Array {
	var list pulumi.Array
	for _, key := range slices.Sorted(maps.Keys(of)) {
		list = append(list, pulumi.StringMap{"name": pulumi.String(key), value: of[key]})
	}
	return list
}

// service runs the tasks, once they may start and the load balancer listens.
// How many run is the scaling's affair where there is one.
func (b *builder) service() (err error) {
	opts := []pulumi.ResourceOption{b.child, pulumi.DependsOn(append(b.listening, b.permissions...))}
	if b.args.MaxCount > 0 {
		opts = append(opts, pulumi.IgnoreChanges([]string{"desiredCount"}))
	}
	b.serviceOf, err = ecs.NewService(b.ctx, b.name, &ecs.ServiceArgs{
		Cluster:        b.clusterARN,
		TaskDefinition: b.definition.Arn,
		LaunchType:     pulumi.String("FARGATE"),
		DesiredCount:   pulumi.Int(b.args.Count),
		DeploymentCircuitBreaker: ecs.ServiceDeploymentCircuitBreakerArgs{
			Enable: pulumi.Bool(true), Rollback: pulumi.Bool(true),
		},
		DeploymentMinimumHealthyPercent: pulumi.Int(100),
		DeploymentMaximumPercent:        pulumi.Int(200),
		HealthCheckGracePeriodSeconds:   pulumi.Int(b.args.Health.Grace / time.Second),
		NetworkConfiguration: ecs.ServiceNetworkConfigurationArgs{
			Subnets:        b.args.SubnetIDs,
			SecurityGroups: pulumi.StringArray{b.tasks.ID()},
			AssignPublicIp: pulumi.Bool(b.args.PublicIPs),
		},
		LoadBalancers: ecs.ServiceLoadBalancerArray{ecs.ServiceLoadBalancerArgs{
			TargetGroupArn: b.targets.Arn,
			ContainerName:  pulumi.String(b.name),
			ContainerPort:  pulumi.Int(b.args.Port),
		}},
		EnableEcsManagedTags: pulumi.Bool(true),
		PropagateTags:        pulumi.String("SERVICE"),
		WaitForSteadyState:   pulumi.Bool(!b.args.NoWait),
		Tags:                 b.tags(b.name),
	}, opts...)
	return err
}

// scaling lets the service grow with its load, quickly, and shrink slowly.
func (b *builder) scaling() error {
	if b.args.MaxCount == 0 {
		return nil
	}
	target, err := appautoscaling.NewTarget(b.ctx, b.name, &appautoscaling.TargetArgs{
		MinCapacity:       pulumi.Int(b.args.Count),
		MaxCapacity:       pulumi.Int(b.args.MaxCount),
		ResourceId:        pulumi.Sprintf("service/%s/%s", b.clusterName(), b.serviceOf.Name),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ServiceNamespace:  pulumi.String("ecs"),
		Tags:              b.tags(b.name),
	}, b.child)
	if err != nil {
		return err
	}
	if err := b.track(target, b.name+"-cpu", "ECSServiceAverageCPUUtilization", b.args.ScaleAtCPU, nil); err != nil {
		return err
	}
	if b.args.ScaleAtRequests == 0 {
		return nil
	}
	label := pulumi.Sprintf("%s/%s", b.balancer.ArnSuffix, b.targets.ArnSuffix)
	return b.track(target, b.name+"-requests", "ALBRequestCountPerTarget", b.args.ScaleAtRequests, label.ToStringPtrOutput())
}

// track keeps a metric of the service at a value.
func (b *builder) track(target *appautoscaling.Target, name, metric string, value int, label pulumi.StringPtrInput) error {
	_, err := appautoscaling.NewPolicy(b.ctx, name, &appautoscaling.PolicyArgs{
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		ResourceId:        target.ResourceId,
		ScalableDimension: target.ScalableDimension,
		ServiceNamespace:  target.ServiceNamespace,
		TargetTrackingScalingPolicyConfiguration: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			PredefinedMetricSpecification: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String(metric),
				ResourceLabel:        label,
			},
			TargetValue:      pulumi.Float64(value),
			ScaleInCooldown:  pulumi.Int(300),
			ScaleOutCooldown: pulumi.Int(60),
		},
	}, b.child)
	return err
}
