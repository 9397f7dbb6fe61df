package service_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/image"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/service"
)

const (
	serviceType    = "aws:ecs/service:Service"
	definitionType = "aws:ecs/taskDefinition:TaskDefinition"
	policyType     = "aws:iam/rolePolicy:RolePolicy"
	listenerType   = "aws:lb/listener:Listener"
	ingressType    = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	certificate    = "arn:aws:acm:eu-west-1:123456789012:certificate/c"
	password       = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-a1b2c3"
)

func smallest() service.Args {
	return service.Args{
		Container:             service.Container{Image: image.Image{Repository: pulumi.String("public.ecr.aws/nginx/nginx"), Tag: "1.27.0"}},
		VPCID:                 pulumi.String("vpc-1"),
		SubnetIDs:             pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		LoadBalancerSubnetIDs: pulumi.ToStringArray([]string{"subnet-3", "subnet-4"}),
	}
}

// everything sets all options that go together.
func everything() service.Args {
	args := smallest()
	args.Container = service.Container{
		Image:       image.Image{Repository: pulumi.String("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"), Tag: "v7"},
		Command:     []string{"serve", "--verbose"},
		Environment: pulumi.StringMap{"ZONE": pulumi.String("b"), "LEVEL": pulumi.String("info")},
		Secrets: pulumi.StringMap{
			"DB_PASSWORD": pulumi.String(password + ":password::"),
			"DB_USER":     pulumi.String(password + ":user::"),
			"TOKEN":       pulumi.String("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token"),
		},
	}
	args.Sidecars = []service.Sidecar{{Name: "proxy", Optional: true, Container: service.Container{
		Image: image.Image{Repository: pulumi.String("public.ecr.aws/envoy/envoy"), Tag: "v1.31"},
	}}}
	args.Port, args.CPU, args.MemoryMiB, args.Architecture = 3000, 1024, 3072, service.ARM64
	args.Count, args.MaxCount, args.ScaleAtCPU, args.ScaleAtRequests = 3, 12, 50, 600
	args.TaskPolicy = pulumi.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::files/*"]}]}`)
	args.SecretKeyARNs = pulumi.ToStringArray([]string{"arn:aws:kms:eu-west-1:123456789012:key/k"})
	args.Access = securitygroup.Peers{CIDRs: []string{"10.0.0.0/8"}}
	args.Internal, args.Unprotected, args.PublicIPs, args.NoWait = true, true, true, true
	args.CertificateARN = pulumi.String(certificate)
	args.Health = service.Health{Path: "/healthz", Codes: "200-299", Interval: 30 * time.Second, Grace: 2 * time.Minute, Drain: time.Minute}
	args.LogDays, args.Latency = 90, 250*time.Millisecond
	args.AlarmActions = pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"})
	args.Tags = map[string]string{"owner": "payments"}
	return args
}

func TestServiceKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:service:Service",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return service.New(ctx, name, smallest(), opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return service.New(ctx, name, everything())
		},
	})
}

func record(t *testing.T, args service.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := service.New(ctx, "shop", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// containers returns the containers of the task, by name.
func containers(t *testing.T, rec *componentstest.Recording) map[string]map[string]any {
	t.Helper()
	text, _ := rec.Inputs(t, definitionType, "shop")["containerDefinitions"].(string)
	var list []map[string]any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	out := map[string]map[string]any{}
	for _, c := range list {
		out[c["name"].(string)] = c
	}
	return out
}

func TestTheSmallestArgumentsRunTwoTasksThatRollBack(t *testing.T) {
	t.Parallel()
	rec := record(t, smallest())
	want := map[string]any{
		"cluster": "arn:aws:cluster:::shop", "taskDefinition": "arn:aws:taskdefinition:::shop", "launchType": "FARGATE", "desiredCount": 2.0,
		"deploymentCircuitBreaker":        map[string]any{"enable": true, "rollback": true},
		"deploymentMinimumHealthyPercent": 100.0, "deploymentMaximumPercent": 200.0, "healthCheckGracePeriodSeconds": 60.0,
		"networkConfiguration": map[string]any{
			"subnets": []any{"subnet-1", "subnet-2"}, "securityGroups": []any{"securitygroup-shop"}, "assignPublicIp": false,
		},
		"loadBalancers":        []any{map[string]any{"targetGroupArn": "arn:aws:targetgroup:::shop", "containerName": "shop", "containerPort": 8080.0}},
		"enableEcsManagedTags": true, "propagateTags": "SERVICE", "waitForSteadyState": true, "tags": map[string]any{"Name": "shop"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, serviceType, "shop")); diff != "" {
		t.Errorf("service (-want +got):\n%s", diff)
	}
	wantLB := map[string]any{
		"loadBalancerType": "application", "internal": false, "subnets": []any{"subnet-3", "subnet-4"},
		"securityGroups": []any{"securitygroup-shop-lb"}, "dropInvalidHeaderFields": true, "enableDeletionProtection": true,
		"tags": map[string]any{"Name": "shop"},
	}
	if diff := cmp.Diff(wantLB, rec.Inputs(t, "aws:lb/loadBalancer:LoadBalancer", "shop")); diff != "" {
		t.Errorf("load balancer (-want +got):\n%s", diff)
	}
	definition := rec.Inputs(t, definitionType, "shop")
	if definition["cpu"] != "256" || definition["memory"] != "512" {
		t.Errorf("a task has CPU %v and %v MiB", definition["cpu"], definition["memory"])
	}
	if got := rec.Inputs(t, listenerType, "shop-http")["defaultActions"]; !strings.Contains(fmt.Sprint(got), "forward") {
		t.Errorf("port 80: %v", got)
	}
	if n := len(rec.Of("aws:appautoscaling/target:Target")); n != 0 {
		t.Errorf("%d scaling targets", n)
	}
}

func TestOnlyTheLoadBalancerReachesTheTasksAndNobodyTheLoadBalancer(t *testing.T) {
	t.Parallel()
	rules := record(t, smallest()).Of(ingressType)
	if len(rules) != 1 {
		t.Fatalf("%d rules let somebody in", len(rules))
	}
	got := rules[0].Inputs
	if got["securityGroupId"] != "securitygroup-shop" || got["referencedSecurityGroupId"] != "securitygroup-shop-lb" || got["fromPort"] != 8080.0 || got["toPort"] != 8080.0 {
		t.Errorf("rule: %v", got)
	}
	args := smallest()
	args.Access = securitygroup.Anyone()
	var names []string
	for _, r := range record(t, args).Of(ingressType) {
		names = append(names, r.Name)
	}
	if want := []string{"shop-ingress-lb", "shop-lb-ingress-tcp-80-anywhere", "shop-lb-ingress-tcp-80-anywhere-ipv6"}; !slices.Equal(names, want) {
		t.Errorf("rules %v, want %v", names, want)
	}
}

func TestWithACertificateHTTPIsRedirectedToTLS(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	https := rec.Inputs(t, listenerType, "shop-https")
	if https["certificateArn"] != certificate || https["sslPolicy"] != "ELBSecurityPolicy-TLS13-1-2-2021-06" || https["port"] != 443.0 {
		t.Errorf("port 443: %v", https)
	}
	want := []any{map[string]any{"type": "redirect", "redirect": map[string]any{"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}}
	if diff := cmp.Diff(want, rec.Inputs(t, listenerType, "shop-http")["defaultActions"]); diff != "" {
		t.Errorf("port 80 (-want +got):\n%s", diff)
	}
	for _, port := range []string{"80", "443"} {
		if _, ok := rec.Get(ingressType, "shop-lb-ingress-tcp-"+port+"-10.0.0.0-8"); !ok {
			t.Errorf("nobody reaches port %s", port)
		}
	}
}

func TestEveryOptionReachesTheTask(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	definition := rec.Inputs(t, definitionType, "shop")
	delete(definition, "containerDefinitions")
	want := map[string]any{
		"family": "shop", "cpu": "1024", "memory": "3072", "networkMode": "awsvpc", "requiresCompatibilities": []any{"FARGATE"},
		"runtimePlatform":  map[string]any{"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
		"executionRoleArn": "arn:aws:role:::shop-execution", "taskRoleArn": "arn:aws:role:::shop",
		"tags": map[string]any{"Name": "shop", "owner": "payments"},
	}
	if diff := cmp.Diff(want, definition); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	logs := func(name string) map[string]any {
		return map[string]any{"logDriver": "awslogs", "options": map[string]any{
			"awslogs-group": "shop", "awslogs-region": "", "awslogs-stream-prefix": name,
		}}
	}
	wantContainers := map[string]map[string]any{
		"shop": {
			"name": "shop", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:v7", "essential": true, "logConfiguration": logs("shop"),
			"command": []any{"serve", "--verbose"}, "portMappings": []any{map[string]any{"containerPort": 3000.0, "hostPort": 3000.0, "protocol": "tcp"}},
			"environment": []any{map[string]any{"name": "LEVEL", "value": "info"}, map[string]any{"name": "ZONE", "value": "b"}},
			"secrets": []any{
				map[string]any{"name": "DB_PASSWORD", "valueFrom": password + ":password::"}, map[string]any{"name": "DB_USER", "valueFrom": password + ":user::"},
				map[string]any{"name": "TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token"},
			},
		},
		"proxy": {"name": "proxy", "image": "public.ecr.aws/envoy/envoy:v1.31", "essential": false, "logConfiguration": logs("proxy")},
	}
	if diff := cmp.Diff(wantContainers, containers(t, record(t, everything()))); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
}

func TestTheExecutionRoleReadsOnlyTheseImagesLogsAndSecrets(t *testing.T) {
	t.Parallel()
	const logs = `{"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:loggroup:::shop:*"]}`
	if got := record(t, smallest()).Inputs(t, policyType, "shop-execution")["policy"]; got != `{"Version":"2012-10-17","Statement":[`+logs+`]}` {
		t.Errorf("with a public image: %v", got)
	}
	want := `{"Version":"2012-10-17","Statement":[` + logs + `,` +
		`{"Sid":"Images","Effect":"Allow","Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":["arn:aws:ecr:eu-west-1:123456789012:repository/shop"]},` +
		`{"Sid":"Registry","Effect":"Allow","Action":["ecr:GetAuthorizationToken"],"Resource":["*"]},` +
		`{"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":["` + password + `"]},` +
		`{"Effect":"Allow","Action":["ssm:GetParameters"],"Resource":["arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token"]},` +
		`{"Sid":"Keys","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["arn:aws:kms:eu-west-1:123456789012:key/k"]}]}`
	if diff := cmp.Diff(want, record(t, everything()).Inputs(t, policyType, "shop-execution")["policy"]); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestTheProgramMayDoNothingUnlessThePolicySaysSo(t *testing.T) {
	t.Parallel()
	if p, ok := record(t, smallest()).Get(policyType, "shop"); ok {
		t.Errorf("it may do %v", p.Inputs["policy"])
	}
	if got := record(t, everything()).Inputs(t, policyType, "shop")["role"]; got != "shop" {
		t.Errorf("the policy belongs to %v", got)
	}
}

func TestAScaledServiceKeepsTheCountThatItHas(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	s, _ := rec.Get(serviceType, "shop")
	if !slices.Equal(s.Ignored, []string{"desiredCount"}) {
		t.Errorf("ignored: %v", s.Ignored)
	}
	target := rec.Inputs(t, "aws:appautoscaling/target:Target", "shop")
	if target["minCapacity"] != 3.0 || target["maxCapacity"] != 12.0 || target["resourceId"] != "service/arn:aws:cluster:::shop/shop" {
		t.Errorf("target: %v", target)
	}
	for name, want := range map[string]string{
		"shop-cpu":      `map[predefinedMetricSpecification:map[predefinedMetricType:ECSServiceAverageCPUUtilization] scaleInCooldown:300 scaleOutCooldown:60 targetValue:50]`,
		"shop-requests": `map[predefinedMetricSpecification:map[predefinedMetricType:ALBRequestCountPerTarget resourceLabel:loadbalancer/shop/targetgroup/shop] scaleInCooldown:300 scaleOutCooldown:60 targetValue:600]`,
	} {
		if got := fmt.Sprint(rec.Inputs(t, "aws:appautoscaling/policy:Policy", name)["targetTrackingScalingPolicyConfiguration"]); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if s, _ := record(t, smallest()).Get(serviceType, "shop"); len(s.Ignored) > 0 {
		t.Errorf("without scaling %v is ignored", s.Ignored)
	}
}

func TestAGivenClusterIsShared(t *testing.T) {
	t.Parallel()
	args := smallest()
	args.ClusterARN = pulumi.String("arn:aws:ecs:eu-west-1:123456789012:cluster/all")
	rec := record(t, args)
	if n := len(rec.Of("aws:ecs/cluster:Cluster")); n != 0 {
		t.Errorf("%d clusters", n)
	}
	alarm := rec.Inputs(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "shop-cpu")
	if diff := cmp.Diff(map[string]any{"ClusterName": "all", "ServiceName": "shop"}, alarm["dimensions"]); diff != "" {
		t.Errorf("alarm (-want +got):\n%s", diff)
	}
}

func TestAlarmsWatchAnswersTasksAndLoad(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	for name, threshold := range map[string]float64{
		"shop-5xx": 0, "shop-unanswered": 0, "shop-unhealthy": 0, "shop-latency": 0.25, "shop-cpu": 85, "shop-memory": 85,
	} {
		got := rec.Inputs(t, "aws:cloudwatch/metricAlarm:MetricAlarm", name)
		if got["threshold"] != threshold || len(got["alarmActions"].([]any)) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		shop, err := service.New(ctx, "shop", service.Args{
			Container:             service.Container{Image: image.Image{Repository: pulumi.String("public.ecr.aws/nginx/nginx"), Tag: "1.27.0"}},
			Port:                  80,
			VPCID:                 pulumi.String("vpc-1"), // these are outputs of a network
			SubnetIDs:             pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
			LoadBalancerSubnetIDs: pulumi.ToStringArray([]string{"subnet-3", "subnet-4"}),
			Access:                securitygroup.Peers{CIDRs: []string{"10.0.0.0/8"}},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", shop.URL)
		return nil
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:cloudwatch/logGroup:LogGroup shop
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-5xx
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-cpu
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-latency
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-memory
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-unanswered
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-unhealthy
	// aws:ec2/securityGroup:SecurityGroup shop
	// aws:ec2/securityGroup:SecurityGroup shop-lb
	// aws:ecs/cluster:Cluster shop
	// aws:ecs/service:Service shop
	// aws:ecs/taskDefinition:TaskDefinition shop
	// aws:iam/role:Role shop
	// aws:iam/role:Role shop-execution
	// aws:iam/rolePolicy:RolePolicy shop-execution
	// aws:lb/listener:Listener shop-http
	// aws:lb/loadBalancer:LoadBalancer shop
	// aws:lb/targetGroup:TargetGroup shop
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule shop-egress-all-anywhere
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule shop-egress-all-anywhere-ipv6
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule shop-lb-egress-tcp-80-tasks
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule shop-ingress-lb
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule shop-lb-ingress-tcp-80-10.0.0.0-8
	// trunkline:service:Service shop
}
