package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// universal is the ARN of a target that is any call of any AWS service.
var universal = regexp.MustCompile(`^arn:aws[a-z-]*:scheduler:::aws-sdk:[a-z0-9]+:[A-Za-z0-9]+(\.[A-Za-z0-9]+)?$`)

// actions are what the scheduler does to targets of each service.
var actions = map[string]string{
	"codebuild":    "codebuild:StartBuild",
	"codepipeline": "codepipeline:StartPipelineExecution",
	"firehose":     "firehose:PutRecord",
	"lambda":       "lambda:InvokeFunction",
	"sns":          "sns:Publish",
	"sqs":          "sqs:SendMessage",
	"states":       "states:StartExecution",
}

// invoking returns what the scheduler's role must be allowed to do to the
// target; nothing for a universal target, whose role the caller writes.
func invoking(target string) ([]iampolicy.Statement, error) {
	if universal.MatchString(target) {
		return nil, nil
	}
	parts := strings.SplitN(target, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[5] == "" {
		return nil, fmt.Errorf("%q is not an ARN", target)
	}
	action, ok := actions[parts[2]]
	if !ok {
		services := make([]string, 0, len(actions))
		for s := range actions {
			services = append(services, s)
		}
		slices.Sort(services)
		return nil, fmt.Errorf("%q is none of %s: give a universal target such as arn:aws:scheduler:::aws-sdk:%s:… with Policy",
			target, strings.Join(services, ", "), parts[2])
	}
	resources := []string{target}
	if parts[2] == "lambda" && strings.Count(parts[5], ":") == 1 {
		resources = append(resources, target+":*") // its versions and aliases
	}
	return []iampolicy.Statement{{Sid: "Target", Effect: iampolicy.Allow, Actions: []string{action}, Resources: resources}}, nil
}

// permissions is the policy of the scheduler's role: to reach the target, and to
// put aside what it could not do.
func permissions(target, deadLetters string) (iampolicy.Document, error) {
	statements, err := invoking(target)
	if err != nil {
		return nil, err
	}
	return append(statements, iampolicy.Statement{
		Sid: "DeadLetters", Effect: iampolicy.Allow,
		Actions:   []string{"sqs:SendMessage"},
		Resources: []string{deadLetters},
	}), nil
}
