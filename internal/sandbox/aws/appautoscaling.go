package aws

import "fmt"

const scalableToken = "aws:appautoscaling/target:Target"

var appautoscaling = map[string]Behaviour{
	scalableToken: {
		Check: checkCapacity,
		ID:    func(c *Call) string { return c.In.Text("resourceId") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("application-autoscaling", "scalable-target/0"+c.hex("target", 31))
			out.put("roleArn", c.GlobalARN("iam", "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"))
		},
	},
	"aws:appautoscaling/policy:Policy": {
		Check: oneOf("policyType", "StepScaling", "TargetTrackingScaling"),
		Links: []Link{{
			Path: "resourceId", To: []Target{{scalableToken, "resourceId"}},
			Missing: Error{"ObjectNotFoundException", "No scalable target registered for resource ID: %s"},
		}},
		ID: func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("autoscaling", fmt.Sprintf("scalingPolicy:%s:resource/%s/%s:policyName/%s",
				c.uuid("policy"), out.Text("serviceNamespace"), out.Text("resourceId"), out.Text("name")))
		},
	},
}

func checkCapacity(in Object) []Failure {
	low, lowKnown := in.whole("minCapacity")
	high, highKnown := in.whole("maxCapacity")
	if lowKnown && highKnown && low > high {
		return []Failure{{"maxCapacity", fmt.Sprintf("%d is less than the minimum capacity %d", high, low)}}
	}
	return nil
}
