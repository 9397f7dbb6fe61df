package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const queueToken = "aws:sqs/queue:Queue"

var queueName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,80}$|^[0-9A-Za-z_-]{1,75}\.fifo$`)

// ofQueue is the link of a policy to its queue, which takes it along.
var ofQueue = []Link{{
	Path: "queueUrl", To: []Target{{queueToken, "id"}},
	Missing: Error{"AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist: %s"},
}}

func queueSetting(check func(Object) []Failure) Behaviour {
	return Behaviour{Check: check, Links: ofQueue, ID: func(c *Call) string { return c.In.Text("queueUrl") }}
}

var sqs = map[string]Behaviour{
	queueToken: {
		Check: all(checkQueueName, policy("policy"), jsonText("redrivePolicy", "redriveAllowPolicy"),
			between("messageRetentionSeconds", 60, 1209600), between("visibilityTimeoutSeconds", 0, 43200),
			between("delaySeconds", 0, 900), between("maxMessageSize", 1024, 262144),
			between("receiveWaitTimeSeconds", 0, 20), between("kmsDataKeyReusePeriodSeconds", 60, 86400)),
		Links: []Link{{
			Path: "kmsMasterKeyId", To: keyTargets, Free: []string{"alias/aws/", "arn:aws:kms:"},
			Missing: Error{"KMS.NotFoundException", "Key '%s' does not exist"},
		}},
		Unique: &Unique{[]string{"name"}, Error{"QueueAlreadyExists", "A queue named %s already exists"}},
		Refuse: func(c *Call) error { return deadLetter(c, "redrivePolicy") },
		ID: func(c *Call) string {
			return fmt.Sprintf("https://sqs.%s.%s/%s/%s", c.Region, c.Suffix(), c.Account, c.In.Text("name"))
		},
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("sqs", out.Text("name"))
			out["url"] = c.ID
			out.put("kmsDataKeyReusePeriodSeconds", 300.0)
			out.put("sqsManagedSseEnabled", !out.has("kmsMasterKeyId"))
			if out.Flag("fifoQueue") {
				out.put("deduplicationScope", "queue")
				out.put("fifoThroughputLimit", "perQueue")
			}
		},
	},
	"aws:sqs/queuePolicy:QueuePolicy":               queueSetting(policy("policy")),
	"aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": queueSetting(jsonText("redriveAllowPolicy")),
	"aws:sqs/redrivePolicy:RedrivePolicy": {
		Check:  jsonText("redrivePolicy"),
		Links:  ofQueue,
		Refuse: func(c *Call) error { return deadLetter(c, "redrivePolicy") },
		ID:     func(c *Call) string { return c.In.Text("queueUrl") },
	},
}

func checkQueueName(in Object) []Failure {
	name := in.Text("name")
	fifo := in.Flag("fifoQueue")
	if _, unknown := in["fifoQueue"].(Unknown); unknown || name == "" {
		return nil
	}
	switch {
	case !queueName.MatchString(name):
		return []Failure{{"name", fmt.Sprintf("invalid queue name: %s: only letters, digits, hyphens and underscores, at most 80", name)}}
	case fifo && !strings.HasSuffix(name, ".fifo"):
		return []Failure{{"name", fmt.Sprintf("invalid queue name: %s: the name of a FIFO queue ends in .fifo", name)}}
	case !fifo && strings.HasSuffix(name, ".fifo"):
		return []Failure{{"name", fmt.Sprintf("invalid queue name: %s: only a FIFO queue's name ends in .fifo", name)}}
	}
	return nil
}

// deadLetter refuses a redrive policy whose dead-letter queue does not exist.
func deadLetter(c *Call, key string) error {
	if !c.In.has(key) {
		return nil
	}
	doc, err := document(c.In[key])
	if err != nil {
		return nil // rejected by Check
	}
	fields, _ := doc.(map[string]any)
	target, _ := fields["deadLetterTargetArn"].(string)
	if target == "" {
		return nil
	}
	queues, err := c.Cloud.All(queueToken)
	if err != nil {
		return err
	}
	for _, q := range queues {
		if q.State.Text("arn") == target {
			return nil
		}
	}
	return refuse("InvalidParameterValue", "Value %v for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", c.In[key])
}
