package aws

import (
	"fmt"
	"regexp"
	"strings"
)

var topicName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$|^[0-9A-Za-z_-]{1,251}\.fifo$`)

const topicToken = "aws:sns/topic:Topic"

var sns = map[string]Behaviour{
	topicToken: {
		Check: all(policy("policy"), jsonText("deliveryPolicy"), checkTopicName),
		ID:    func(c *Call) string { return c.ARN("sns", c.In.Text("name")) },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ID
			out["owner"] = c.Account
			out.put("policy", `{"Id":"__default_policy_ID","Statement":[{"Action":["SNS:Publish","SNS:Subscribe"],"Condition":{"StringEquals":{"AWS:SourceOwner":"`+
				c.Account+`"}},"Effect":"Allow","Principal":{"AWS":"*"},"Resource":"`+c.ID+`","Sid":"__default_statement_ID"}],"Version":"2008-10-17"}`)
		},
	},
	"aws:sns/topicPolicy:TopicPolicy": {
		Check: policy("policy"),
		Links: []Link{{Path: "arn", To: []Target{{topicToken, "arn"}}, Missing: noTopic}},
		ID:    func(c *Call) string { return c.In.Text("arn") },
		Outputs: func(c *Call, out Object) {
			out["owner"] = c.Account
		},
	},
	"aws:sns/topicSubscription:TopicSubscription": {
		Check: all(jsonText("filterPolicy", "redrivePolicy", "deliveryPolicy"), checkSubscription,
			oneOf("protocol", "application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
			oneOf("filterPolicyScope", "MessageAttributes", "MessageBody")),
		Links:  []Link{{Path: "topic", To: []Target{{topicToken, "arn"}}, Missing: noTopic}},
		Refuse: func(c *Call) error { return deadLetter(c, "redrivePolicy") },
		ID:     func(c *Call) string { return c.In.Text("topic") + ":" + c.uuid("subscription") },
		Outputs: func(c *Call, out Object) {
			person := strings.HasPrefix(out.Text("protocol"), "email")
			out["arn"], out["ownerId"] = c.ID, c.Account
			out["pendingConfirmation"], out["confirmationWasAuthenticated"] = person, !person
			if out.has("filterPolicy") {
				out.put("filterPolicyScope", "MessageAttributes")
			}
		},
	},
}

var noTopic = Error{"NotFound", "Topic does not exist: %s"}

// checkSubscription refuses what the provider does: a scope without a filter,
// and a function or queue that is no ARN.
func checkSubscription(in Object) []Failure {
	var out []Failure
	if _, given := in["filterPolicy"]; in.has("filterPolicyScope") && !given {
		out = append(out, Failure{"filterPolicyScope", "filter_policy is required when filter_policy_scope is set"})
	}
	protocol, endpoint := in.Text("protocol"), in.Text("endpoint")
	if (protocol == "sqs" || protocol == "lambda") && endpoint != "" && !strings.HasPrefix(endpoint, "arn:") {
		out = append(out, Failure{"endpoint", fmt.Sprintf("%q is not an ARN, which the protocol %s needs", endpoint, protocol)})
	}
	return out
}

func checkTopicName(in Object) []Failure {
	name := in.Text("name")
	switch {
	case name == "":
		return nil
	case !topicName.MatchString(name), in.Flag("fifoTopic") != strings.HasSuffix(name, ".fifo"):
		return []Failure{{"name", fmt.Sprintf("invalid topic name: %s: only letters, digits, hyphens and underscores; a FIFO topic's name ends in .fifo", name)}}
	}
	return nil
}
