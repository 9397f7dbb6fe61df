package recorder

import (
	"context"
	"encoding/json"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// Invoke implements pulumirpc.ResourceMonitorServer. It answers what follows from
// the settings and the arguments; for the rest a cloud would have to be asked.
func (m *monitor) Invoke(_ context.Context, req *pulumirpc.ResourceInvokeRequest) (*pulumirpc.InvokeResponse, error) {
	if err := m.take(req); err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.calls++
	over := m.calls > m.limits.Calls
	m.mu.Unlock()
	if over {
		return nil, m.refuse("the program calls more functions than is sensible")
	}
	where := m.source(req.GetSourcePosition(), req.GetStackTrace())
	args, err := m.properties(req.GetArgs(), where)
	if err != nil {
		return nil, err
	}
	c := call{m: m, function: req.GetTok(), args: m.object(args), scope: m.scope(req.GetProvider())}
	answer, ok := functions[c.function]
	if ok && (c.scope.Region != "" || strings.Contains(c.function, "iam/")) {
		if out := answer(c); out != nil {
			s, err := wire(property(map[string]any(out)).ObjectValue())
			return &pulumirpc.InvokeResponse{Return: s}, err
		}
	}
	what := c.function + " needs an answer of the cloud"
	m.miss(record.Gap{What: what, Function: c.function, Where: where})
	return nil, status.Error(codes.Unimplemented, what)
}

// Call implements pulumirpc.ResourceMonitorServer.
func (m *monitor) Call(_ context.Context, req *pulumirpc.ResourceCallRequest) (*pulumirpc.CallResponse, error) {
	what := req.GetTok() + " needs an answer of its provider"
	m.gap(what, m.source(req.GetSourcePosition(), req.GetStackTrace()))
	return nil, status.Error(codes.Unimplemented, what)
}

// call is one call of a function.
type call struct {
	m        *monitor
	function string
	args     map[string]any
	scope    aws.Scope
}

// functions are those that need no cloud. An answer of nil is none.
var functions = map[string]func(call) aws.Object{
	"aws:index/getRegion:getRegion":                       call.settled,
	"aws:index/getPartition:getPartition":                 call.settled,
	"aws:iam/getPolicyDocument:getPolicyDocument":         call.settled,
	"aws:index/getAvailabilityZones:getAvailabilityZones": call.assumed,
	"aws:index/getCallerIdentity:getCallerIdentity":       call.caller,
	"aws:ssm/getParameter:getParameter":                   call.parameter,
	"aws:ec2/getAmi:getAmi":                               call.image,
}

// settled answers with what follows from settings and arguments alone.
func (c call) settled() aws.Object {
	for _, v := range c.args {
		if hidden(v) {
			return nil
		}
	}
	out, err := aws.Invoke(c.scope, nowhere{}, c.function, c.args)
	if err != nil {
		return nil
	}
	return out
}

// assumed answers with what is usual in the region.
func (c call) assumed() aws.Object {
	out := c.settled()
	if out == nil {
		return nil
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.rec.Assumed = append(c.m.rec.Assumed, record.Call{Function: c.function, Args: c.identity()})
	return out
}

// caller answers with the account of the environment. Who will call is not known.
func (c call) caller() aws.Object {
	return aws.Object{
		"id": c.scope.Account, "accountId": c.scope.Account, "userId": c.token("userId"),
		"arn": c.scope.GlobalARN("iam", c.token("arn")),
	}
}

// parameter stands for a parameter of Systems Manager.
func (c call) parameter() aws.Object {
	return aws.Object{
		"id": c.args["name"], "name": c.args["name"], "type": c.token("type"), "value": c.token("value"),
		"insecureValue": c.token("insecureValue"), "arn": c.scope.ARN("ssm", c.token("arn")),
		"version": record.Number(c.function+c.identity(), "version"), "withDecryption": c.args["withDecryption"],
	}
}

// image stands for a machine image.
func (c call) image() aws.Object {
	out := aws.Object{}
	for _, k := range []string{"id", "imageId", "name", "architecture", "ownerId", "rootDeviceName", "description", "creationDate"} {
		out[k] = c.token(k)
	}
	out["arn"] = c.scope.ARN("ec2", c.token("arn"))
	return out
}

func (c call) token(path string) string {
	return record.Token(record.Kind(c.function), c.name(), c.function+c.identity(), path)
}

// name tells people which call it is.
func (c call) name() string {
	name, _ := c.args["name"].(string)
	return name[strings.LastIndexByte(name, '/')+1:]
}

// identity is the call's arguments and place. Equal calls have equal answers.
func (c call) identity() string {
	text, err := json.Marshal(map[string]any{"args": open(c.args), "region": c.scope.Region})
	if err != nil { // plain JSON values only
		return err.Error()
	}
	return string(text)
}

// open takes the marks off secrets, for comparing.
func open(v any) any {
	switch v := v.(type) {
	case record.Secret:
		return open(v.Value)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = open(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = open(e)
		}
		return out
	}
	return v
}

// hidden tells whether a value, or one in it, is unknown or a secret.
func hidden(v any) bool {
	switch v := v.(type) {
	case record.Unknown, record.Secret:
		return true
	case []any:
		for _, e := range v {
			if hidden(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if hidden(e) {
				return true
			}
		}
	}
	return false
}

// nowhere is a cloud in which nothing is known.
type nowhere struct{}

// All implements aws.Cloud.
func (nowhere) All(string) ([]aws.Resource, error) { return nil, nil }
