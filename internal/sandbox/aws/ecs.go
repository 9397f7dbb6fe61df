package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	clusterToken        = "aws:ecs/cluster:Cluster"
	taskDefinitionToken = "aws:ecs/taskDefinition:TaskDefinition"
)

var ecsName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,255}$`)

const ecsNameRule = "is not a name: letters, digits, hyphens and underscores, at most 255"

func executionRole(path string) Link {
	return Link{
		Path: path, To: []Target{{roleToken, "arn"}}, Free: serviceRoles,
		Missing: Error{"ClientException", "Role is not valid: %s"},
	}
}

var ecs = map[string]Behaviour{
	clusterToken: {
		Check:   pattern("name", ecsName, ecsNameRule),
		ID:      func(c *Call) string { return c.ARN("ecs", "cluster/"+c.In.Text("name")) },
		Outputs: func(c *Call, out Object) { out["arn"] = c.ID },
	},
	taskDefinitionToken: {
		Check: all(pattern("family", ecsName, ecsNameRule), checkContainers,
			oneOf("networkMode", "bridge", "host", "awsvpc", "none")),
		Links:  []Link{executionRole("executionRoleArn"), executionRole("taskRoleArn")},
		Refuse: fargateSize,
		ID:     func(c *Call) string { return c.In.Text("family") },
		Outputs: func(c *Call, out Object) {
			if _, ok := out.whole("revision"); !ok || out["revision"] == 0.0 {
				out["revision"] = float64(1 + c.count(taskDefinitionToken, "family", out.Text("family")))
			}
			out["arnWithoutRevision"] = c.ARN("ecs", "task-definition/"+out.Text("family"))
			out["arn"] = fmt.Sprintf("%s:%v", out["arnWithoutRevision"], out["revision"])
		},
	},
	"aws:ecs/service:Service": {
		Check: all(pattern("name", ecsName, ecsNameRule), oneOf("launchType", "EC2", "FARGATE", "EXTERNAL")),
		Links: []Link{
			{Path: "cluster", To: []Target{{clusterToken, "arn"}, {clusterToken, "name"}}, Free: []string{"default"},
				Missing: Error{"ClusterNotFoundException", "Cluster not found: %s"},
				Holds:   Error{"ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."}},
			{Path: "taskDefinition", To: []Target{{taskDefinitionToken, "arn"}, {taskDefinitionToken, "family"}, {taskDefinitionToken, "arnWithoutRevision"}},
				Missing: Error{"ClientException", "TaskDefinition not found: %s"}},
			toTargetGroup("loadBalancers[].targetGroupArn"),
			inSubnet("networkConfiguration.subnets[]"),
			inGroup("networkConfiguration.securityGroups[]"),
		},
		Refuse: behindListener,
		ID: func(c *Call) string {
			cluster := c.In.Text("cluster")
			return c.ARN("ecs", "service/"+cluster[strings.LastIndexByte(cluster, '/')+1:]+"/"+c.In.Text("name"))
		},
		Outputs: func(c *Call, out Object) {
			out.put("iamRole", c.GlobalARN("iam", "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"))
			if out.Text("launchType") == "FARGATE" {
				out.put("platformVersion", "LATEST")
			}
		},
	},
}

// count returns how many resources of the type have the value.
func (c *Call) count(token, property, value string) (n int) {
	all, err := c.Cloud.All(token)
	if err != nil {
		return 0
	}
	for _, r := range all {
		if r.value(property) == value {
			n++
		}
	}
	return n
}

// checkContainers wants a list of containers with names and images.
func checkContainers(in Object) []Failure {
	if !in.has("containerDefinitions") {
		return nil
	}
	doc, err := document(in["containerDefinitions"])
	list, isList := doc.([]any)
	if err != nil || !isList {
		return []Failure{{"containerDefinitions", "ECS Task Definition container_definitions is invalid: it is not a JSON list"}}
	}
	var out []Failure
	for i, v := range list {
		c, _ := v.(map[string]any)
		for _, key := range []string{"name", "image"} {
			if Object(c).Text(key) == "" {
				out = append(out, Failure{"containerDefinitions", fmt.Sprintf("container %d has no %s", i, key)})
			}
		}
	}
	return out
}

// fargateMemory are the least and most MiB, and the step, for each CPU size.
var fargateMemory = map[string][3]int{
	"256": {512, 2048, 1024}, "512": {1024, 4096, 1024}, "1024": {2048, 8192, 1024}, "2048": {4096, 16384, 1024},
	"4096": {8192, 30720, 1024}, "8192": {16384, 61440, 4096}, "16384": {32768, 122880, 8192},
}

// fargateSize refuses sizes that Fargate does not have.
func fargateSize(c *Call) error {
	fargate := false
	for _, r := range c.In.text("requiresCompatibilities[]") {
		fargate = fargate || r == "FARGATE"
	}
	if !fargate {
		return nil
	}
	var memory int
	if _, err := fmt.Sscan(c.In.Text("memory"), &memory); err != nil {
		return refuse("ClientException", "Fargate requires that 'memory' be defined at the task level.")
	}
	m, ok := fargateMemory[c.In.Text("cpu")]
	if !ok || memory < m[0] || memory > m[1] || memory != m[0] && memory%m[2] != 0 {
		return refuse("ClientException", "No Fargate configuration exists for given values: %s CPU, %d memory.", c.In.Text("cpu"), memory)
	}
	return nil
}

// behindListener refuses target groups to which no load balancer sends
// anything.
func behindListener(c *Call) error {
	for _, group := range c.In.text("loadBalancers[].targetGroupArn") {
		used := false
		for _, token := range []string{listenerToken, listenerRuleToken} {
			all, err := c.Cloud.All(token)
			if err != nil {
				return err
			}
			for _, l := range all {
				for _, to := range append(l.State.text("defaultActions[].targetGroupArn"), l.State.text("actions[].targetGroupArn")...) {
					used = used || to == group
				}
			}
		}
		if !used {
			return refuse("InvalidParameterException", "The target group with targetGroupArn %s does not have an associated load balancer.", group)
		}
	}
	return nil
}
