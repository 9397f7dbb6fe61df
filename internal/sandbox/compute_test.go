package sandbox_test

import (
	"strings"
	"testing"
)

// compute creates a function, a schedule group and a service behind a load
// balancer, in a network of two zones, and returns their parts by name.
func compute(e *engine) map[string]*deployed {
	e.Helper()
	all := network(e)
	vpc := all["vpc"].id
	all["other"] = e.create("aws:ec2/subnet:Subnet", "b", props{"vpcId": vpc, "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-west-1b"})
	role := e.out(all["role"], "arn")
	all["queue"] = e.create("aws:sqs/queue:Queue", "jobs", props{"visibilityTimeoutSeconds": 30})
	all["topic"] = e.create("aws:sns/topic:Topic", "news", props{})
	all["function"] = e.create("aws:lambda/function:Function", "mailer", props{"name": "mailer", "role": role, "s3Bucket": "code", "s3Key": "mailer.zip", "timeout": 60})
	all["schedules"] = e.create("aws:scheduler/scheduleGroup:ScheduleGroup", "nightly", props{})
	all["balancer"] = e.create("aws:lb/loadBalancer:LoadBalancer", "shop", props{"name": "shop", "enableDeletionProtection": true,
		"subnets": []any{all["subnet"].id, all["other"].id}, "securityGroups": []any{all["group"].id}})
	all["targets"] = e.create("aws:lb/targetGroup:TargetGroup", "shop", props{"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": vpc})
	all["unused"] = e.create("aws:lb/targetGroup:TargetGroup", "unused", props{"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": vpc})
	all["listener"] = e.create("aws:lb/listener:Listener", "shop", props{"loadBalancerArn": all["balancer"].id, "port": 80, "protocol": "HTTP",
		"defaultActions": []any{props{"type": "forward", "targetGroupArn": all["targets"].id}}})
	all["cluster"] = e.create("aws:ecs/cluster:Cluster", "shop", props{})
	all["definition"] = e.create("aws:ecs/taskDefinition:TaskDefinition", "shop", task(props{"cpu": "256", "memory": "512"}))
	all["service"] = e.create("aws:ecs/service:Service", "shop", behind(all, "targets"))
	return all
}

// task is a task definition with one container.
func task(more props) props {
	p := props{"family": "shop", "containerDefinitions": `[{"name":"shop","image":"nginx:1"}]`, "networkMode": "awsvpc",
		"requiresCompatibilities": []any{"FARGATE"}}
	for k, v := range more {
		p[k] = v
	}
	return p
}

// behind is a service that a target group sends requests to.
func behind(all map[string]*deployed, targets string) props {
	return props{"cluster": all["cluster"].id, "taskDefinition": "shop", "launchType": "FARGATE", "desiredCount": 2,
		"networkConfiguration": props{"subnets": []any{all["subnet"].id}, "securityGroups": []any{all["group"].id}},
		"loadBalancers":        []any{props{"targetGroupArn": all[targets].id, "containerName": "shop", "containerPort": 80}}}
}

func TestComputeGetsIdentifiersInAWSsForms(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	all := compute(e)
	for _, c := range []struct{ name, output, want string }{
		{"function", "arn", "arn:aws:lambda:eu-west-1:123456789012:function:mailer"},
		{"function", "invokeArn", "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:mailer/invocations"},
		{"schedules", "arn", "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/nightly-"},
		{"balancer", "arn", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/"},
		{"balancer", "arnSuffix", "app/shop/"},
		{"balancer", "zoneId", "Z32O12XQLNTSW2"},
		{"balancer", "dnsName", "shop-"},
		{"targets", "arnSuffix", "targetgroup/shop-"},
		{"listener", "arn", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/"},
		{"cluster", "arn", "arn:aws:ecs:eu-west-1:123456789012:cluster/shop-"},
		{"definition", "arn", "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:1"},
	} {
		if got, _ := e.out(all[c.name], c.output).(string); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s of the %s is %q, want %s…", c.output, c.name, got, c.want)
		}
	}
	if got := e.out(all["balancer"], "vpcId"); got != all["vpc"].id {
		t.Errorf("the load balancer is in %v", got)
	}
	again := e.create("aws:ecs/taskDefinition:TaskDefinition", "again", task(props{"cpu": "256", "memory": "512"}))
	if got, _ := e.out(again, "arn").(string); !strings.HasSuffix(got, "shop:2") {
		t.Errorf("the second task definition of the family is %s", got)
	}
}

func TestAWSRefusesWhatItRefusesOfCompute(t *testing.T) {
	t.Parallel()
	const missing = "arn:aws:iam::123456789012:role/none"
	code := func(p props) props { p["s3Bucket"], p["s3Key"] = "code", "x.zip"; return p }
	for _, c := range []struct {
		name, token string
		in          func(map[string]*deployed) props
		want        string
	}{
		{"no such role", "aws:lambda/function:Function", func(map[string]*deployed) props { return code(props{"role": missing}) }, "cannot be assumed by Lambda"},
		{"no such dead-letter queue", "aws:lambda/function:Function", func(all map[string]*deployed) props {
			return code(props{"role": all["role"].outputs.Fields["arn"].GetStringValue(), "deadLetterConfig": props{"targetArn": "arn:aws:sqs:eu-west-1:123456789012:none"}})
		}, "The dead letter target arn:aws:sqs:eu-west-1:123456789012:none does not exist"},
		{"messages come back too soon", "aws:lambda/eventSourceMapping:EventSourceMapping", func(all map[string]*deployed) props {
			return props{"functionName": "mailer", "eventSourceArn": all["queue"].outputs.Fields["arn"].GetStringValue()}
		}, "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"},
		{"no such function", "aws:lambda/permission:Permission", func(map[string]*deployed) props {
			return props{"function": "none", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com"}
		}, "ResourceNotFoundException: Function not found: none"},
		{"no such topic", "aws:sns/topicSubscription:TopicSubscription", func(map[string]*deployed) props {
			return props{"topic": "arn:aws:sns:eu-west-1:123456789012:none", "protocol": "email", "endpoint": "a@b.example"}
		}, "NotFound: Topic does not exist"},
		{"no such schedule group", "aws:scheduler/schedule:Schedule", func(all map[string]*deployed) props {
			return props{"groupName": "none", "scheduleExpression": "rate(1 day)", "flexibleTimeWindow": props{"mode": "OFF"},
				"target": props{"arn": "arn:aws:sqs:eu-west-1:123456789012:x", "roleArn": all["role"].outputs.Fields["arn"].GetStringValue()}}
		}, "Schedule group none does not exist."},
		{"one zone", "aws:lb/loadBalancer:LoadBalancer", func(all map[string]*deployed) props { return props{"subnets": []any{all["subnet"].id}} },
			"At least two subnets in two different Availability Zones must be specified"},
		{"one port twice", "aws:lb/listener:Listener", func(all map[string]*deployed) props {
			return props{"loadBalancerArn": all["balancer"].id, "port": 80, "protocol": "HTTP", "defaultActions": []any{props{"type": "forward", "targetGroupArn": all["unused"].id}}}
		}, "DuplicateListener"},
		{"a certificate of another region", "aws:lb/listener:Listener", func(all map[string]*deployed) props {
			return props{"loadBalancerArn": all["balancer"].id, "port": 443, "protocol": "HTTPS", "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
				"defaultActions": []any{props{"type": "forward", "targetGroupArn": all["targets"].id}}}
		}, "CertificateNotFound"},
		{"a size that Fargate does not have", "aws:ecs/taskDefinition:TaskDefinition", func(map[string]*deployed) props {
			return task(props{"cpu": "1024", "memory": "512"})
		}, "No Fargate configuration exists for given values: 1024 CPU, 512 memory."},
		{"a target group without listener", "aws:ecs/service:Service", func(all map[string]*deployed) props { return behind(all, "unused") },
			"does not have an associated load balancer"},
		{"scaling of nothing", "aws:appautoscaling/policy:Policy", func(map[string]*deployed) props {
			return props{"policyType": "TargetTrackingScaling", "resourceId": "service/none/none", "scalableDimension": "ecs:service:DesiredCount", "serviceNamespace": "ecs"}
		}, "No scalable target registered for resource ID: service/none/none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			_, err := e.try(c.token, "x", c.in(compute(e)))
			if !strings.Contains(message(err), c.want) {
				t.Errorf("got %q, want %q", message(err), c.want)
			}
		})
	}
}

func TestComputeGoesInItsOrderAndOnlyUnprotected(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	all := compute(e)
	for _, held := range []struct{ name, want string }{
		{"balancer", "deletion protection is enabled"},
		{"targets", "ResourceInUse"},
		{"cluster", "ClusterContainsServicesException"},
		{"group", "DependencyViolation"},
	} {
		if err := e.delete(all[held.name]); !strings.Contains(message(err), held.want) {
			t.Errorf("delete of the %s: %v, want %s", held.name, err, held.want)
		}
	}
	if err := e.update(all["balancer"], props{"name": "shop", "subnets": []any{all["subnet"].id, all["other"].id}, "securityGroups": []any{all["group"].id}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"service", "listener", "targets", "balancer", "definition", "cluster"} {
		if err := e.delete(all[name]); err != nil {
			t.Errorf("delete of the %s: %v", name, err)
		}
	}
}
