package aws

import (
	"fmt"
	"regexp"
	"strings"
)

var topicName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$|^[0-9A-Za-z_-]{1,251}\.fifo$`)

var sns = map[string]Behaviour{
	"aws:sns/topic:Topic": {
		Check: all(policy("policy"), jsonText("deliveryPolicy"), checkTopicName),
		ID:    func(c *Call) string { return c.ARN("sns", c.In.Text("name")) },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ID
			out["owner"] = c.Account
			out.put("policy", `{"Id":"__default_policy_ID","Statement":[{"Action":["SNS:Publish","SNS:Subscribe"],"Condition":{"StringEquals":{"AWS:SourceOwner":"`+
				c.Account+`"}},"Effect":"Allow","Principal":{"AWS":"*"},"Resource":"`+c.ID+`","Sid":"__default_statement_ID"}],"Version":"2008-10-17"}`)
		},
	},
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
