package aws

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

const functionToken = "aws:lambda/function:Function"

var lambdaName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// ofFunction is the link of something that belongs to a function, by name or
// ARN, and goes with it.
func ofFunction(path string) Link {
	return Link{
		Path: path, To: []Target{{functionToken, "name"}, {functionToken, "arn"}},
		Missing: Error{"ResourceNotFoundException", "Function not found: %s"},
	}
}

var lambda = map[string]Behaviour{
	functionToken: {
		Check: all(pattern("name", lambdaName, "is not a function name: letters, digits, hyphens and underscores, at most 64"),
			between("timeout", 1, 900), between("memorySize", 128, 10240), oneOf("packageType", "Zip", "Image"), checkProgram, checkArchitectures),
		Links: []Link{
			{Path: "role", To: []Target{{roleToken, "arn"}}, Free: serviceRoles,
				Missing: Error{"InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda: %s"}},
			{Path: "deadLetterConfig.targetArn", To: []Target{{queueToken, "arn"}, {topicToken, "arn"}},
				Missing: Error{"InvalidParameterValueException", "The dead letter target %s does not exist"}},
			inSubnet("vpcConfig.subnetIds[]"),
			inGroup("vpcConfig.securityGroupIds[]"),
		},
		Unique: &Unique{[]string{"name"}, Error{"ResourceConflictException", "Function already exist: %s"}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			arn := c.ARN("lambda", "function:"+out.Text("name"))
			invoke := fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations", c.Partition(), c.Region, arn)
			out["arn"], out["invokeArn"] = arn, invoke
			out["qualifiedArn"], out["qualifiedInvokeArn"] = arn+":$LATEST", strings.Replace(invoke, arn, arn+":$LATEST", 1)
			out["version"], out["lastModified"] = "$LATEST", c.Now.Format(time.RFC3339)
			out.put("architectures", []any{"x86_64"})
			out.put("codeSha256", c.hex("code", 44))
		},
	},
	"aws:lambda/eventSourceMapping:EventSourceMapping": {
		Check: all(between("batchSize", 1, 10000), between("maximumBatchingWindowInSeconds", 0, 300)),
		Links: []Link{ofFunction("functionName"), {
			Path: "eventSourceArn", To: []Target{{queueToken, "arn"}}, Free: notQueues,
			Missing: Error{"InvalidParameterValueException", "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue: %s"},
		}},
		Refuse: tooShortlyVisible,
		ID:     func(c *Call) string { return c.uuid("mapping") },
		Outputs: func(c *Call, out Object) {
			out["uuid"], out["state"] = c.ID, "Enabled"
			out["arn"] = c.ARN("lambda", "event-source-mapping:"+c.ID)
			if f, ok := c.find(functionToken, out.Text("functionName"), "name", "arn"); ok {
				out["functionArn"] = f.State.Text("arn")
			}
		},
	},
	"aws:lambda/permission:Permission": {
		Check: pattern("action", regexp.MustCompile(`^lambda:[A-Za-z*]+$`), "is not an action of Lambda"),
		Links: []Link{ofFunction("function")},
		ID:    func(c *Call) string { return c.In.Text("statementId") },
		Outputs: func(c *Call, out Object) {
			out.put("statementId", c.ID)
		},
	},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {
		Check: all(between("maximumEventAgeInSeconds", 60, 21600), between("maximumRetryAttempts", 0, 2)),
		Links: []Link{ofFunction("functionName")},
		ID:    func(c *Call) string { return c.In.Text("functionName") },
	},
}

// serviceRoles exist without anybody creating them.
var serviceRoles = []string{"arn:aws:iam::aws:role/"}

// notQueues are event sources of other services.
var notQueues = []string{"arn:aws:dynamodb:", "arn:aws:kinesis:", "arn:aws:kafka:", "arn:aws:mq:"}

// find returns the first resource of the type of which a property has the value.
func (c *Call) find(token, value string, properties ...string) (Resource, bool) {
	all, err := c.Cloud.All(token)
	if err != nil {
		return Resource{}, false
	}
	for _, r := range all {
		for _, p := range properties {
			if r.value(p) == value {
				return r, true
			}
		}
	}
	return Resource{}, false
}

// checkProgram wants exactly one program, with what belongs to it.
func checkProgram(in Object) []Failure {
	n := 0
	for _, key := range []string{"code", "imageUri", "s3Bucket"} {
		if v, ok := in[key]; ok && v != nil && v != "" {
			n++
		}
	}
	switch {
	case n != 1:
		return []Failure{{"code", fmt.Sprintf("exactly one of code, imageUri and s3Bucket must be specified, not %d", n)}}
	case in.Text("packageType") == "Image":
		return nil
	}
	var out []Failure
	for _, key := range []string{"handler", "runtime"} {
		if v, ok := in[key]; in["code"] != nil && (!ok || v == nil || v == "") {
			out = append(out, Failure{key, key + " must be set when PackageType is Zip"})
		}
	}
	return out
}

func checkArchitectures(in Object) []Failure {
	for _, a := range in.text("architectures[]") {
		if a != "arm64" && a != "x86_64" {
			return []Failure{{"architectures", fmt.Sprintf("expected architectures to be one of [\"x86_64\" \"arm64\"], got %s", a)}}
		}
	}
	return nil
}

// tooShortlyVisible refuses a queue whose messages come back while the function
// still works on them.
func tooShortlyVisible(c *Call) error {
	queue, isQueue := c.find(queueToken, c.In.Text("eventSourceArn"), "arn")
	function, known := c.find(functionToken, c.In.Text("functionName"), "name", "arn")
	visible, _ := queue.State.whole("visibilityTimeoutSeconds")
	timeout, given := function.State.whole("timeout")
	if !given {
		timeout = 3
	}
	if isQueue && known && visible < timeout {
		return refuse("InvalidParameterValueException", "Queue visibility timeout: %d seconds is less than Function timeout: %d seconds", visible, timeout)
	}
	return nil
}
