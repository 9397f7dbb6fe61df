// Package componentstest runs a Pulumi program against a recording stand-in
// for the engine, and checks what every component of this repository promises.
//
// Nothing is deployed and no provider is asked: ids and ARNs are made up. To
// run a whole stack on a stand-in for AWS, use estate/estatetest.
package componentstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Resource is one resource that a program registered.
type Resource struct {
	// Type is the type token, such as "aws:sqs/queue:Queue".
	Type string
	Name string
	// Custom tells a resource of a provider from a component.
	Custom bool
	// Parent is the type and name of the parent, "" below the stack itself.
	Parent string
	// Inputs are plain Go values: strings, float64s, bools, []any and
	// map[string]any. Values that an earlier resource makes are unknown in a
	// preview; they are shown as "[unknown]".
	Inputs map[string]any
	// Ignored lists the properties whose changes are ignored.
	Ignored []string
	// Protected tells that the resource refuses to be deleted.
	Protected bool
}

// Key returns "type name", which is unique in a recording.
func (r Resource) Key() string { return r.Type + " " + r.Name }

// Recording is everything that a program registered.
type Recording struct {
	// Resources are in the order of their keys.
	Resources []Resource
	// Completed counts the components that registered their outputs.
	Completed int
}

// Of returns the resources of a type in the order of their names.
func (r *Recording) Of(typ string) []Resource {
	return slices.DeleteFunc(slices.Clone(r.Resources), func(res Resource) bool { return res.Type != typ })
}

// Inputs returns the inputs of the resource of the type and name; that there is
// none fails the test.
func (r *Recording) Inputs(t testing.TB, typ, name string) map[string]any {
	t.Helper()
	res, ok := r.Get(typ, name)
	if !ok {
		t.Fatalf("no %s %s", typ, name)
	}
	return res.Inputs
}

// Get returns the resource of the type and name, and whether there is one.
func (r *Recording) Get(typ, name string) (Resource, bool) {
	for _, res := range r.Resources {
		if res.Type == typ && res.Name == name {
			return res, true
		}
	}
	return Resource{}, false
}

// Record runs the program as an update would and returns what it registered.
func Record(program pulumi.RunFunc) (*Recording, error) { return record(program, false) }

// Preview runs the program as the first preview of a stack would: nothing
// exists yet, so every value that the cloud makes is unknown.
func Preview(program pulumi.RunFunc) (*Recording, error) { return record(program, true) }

func record(program pulumi.RunFunc, preview bool) (*Recording, error) {
	rec := &recorder{preview: preview, seen: map[string]Resource{}}
	err := pulumi.RunErr(program, func(info *pulumi.RunInfo) {
		info.Project, info.Stack, info.Mocks, info.DryRun = "trunkline", "stack.test", rec, preview
	})
	out := &Recording{Completed: max(rec.completed-1, 0)} // one of them is the stack itself
	for _, key := range slices.Sorted(maps.Keys(rec.seen)) {
		out.Resources = append(out.Resources, rec.seen[key])
	}
	return out, err
}

// recorder answers registrations with made-up outputs and keeps them.
type recorder struct {
	preview bool

	mu        sync.Mutex
	seen      map[string]Resource
	completed int
}

// NewResource records one registration.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	res := Resource{Type: args.TypeToken, Name: args.Name, Custom: args.Custom, Inputs: plain(args.Inputs)}
	if rpc := args.RegisterRPC; rpc != nil {
		res.Parent, res.Ignored, res.Protected = parentKey(rpc.GetParent()), rpc.GetIgnoreChanges(), rpc.GetProtect()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, twice := r.seen[res.Key()]; twice {
		return "", nil, fmt.Errorf("%s is registered twice", res.Key())
	}
	r.seen[res.Key()] = res
	if r.preview || !args.Custom {
		return "", args.Inputs, nil
	}
	return outputs(args)
}

// Call answers the functions that components ask.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answer, ok := answers[args.Token]
	if !ok {
		return nil, fmt.Errorf("componentstest has no answer for %s: add one to answers", args.Token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// RegisterResourceOutputs counts the resources that are complete.
func (r *recorder) RegisterResourceOutputs() (*emptypb.Empty, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.completed++
	return &emptypb.Empty{}, nil
}

// answers are in the region eu-west-1, which has three zones.
var answers = map[string]map[string]any{
	"aws:index/getAvailabilityZones:getAvailabilityZones": {"names": []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
	"aws:index/getCallerIdentity:getCallerIdentity":       {"accountId": "123456789012", "arn": "arn:aws:iam::123456789012:user/test"},
	"aws:index/getRegion:getRegion":                       {"name": "eu-west-1", "id": "eu-west-1"},
	"aws:index/getPartition:getPartition":                 {"partition": "aws", "id": "aws"},
	"aws:ssm/getParameter:getParameter":                   {"value": "ami-0123456789abcdef0"},
}

// outputs makes up an id, and the outputs that components pass on.
func outputs(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	kind := args.TypeToken[strings.LastIndexByte(args.TypeToken, ':')+1:]
	state := args.Inputs.Copy()
	for key, value := range map[string]string{
		"arn":       "arn:aws:" + strings.ToLower(kind) + ":::" + args.Name,
		"name":      args.Name,
		"url":       "https://sqs.eu-west-1.amazonaws.com/000000000000/" + args.Name,
		"publicIp":  "198.51.100.7",
		"privateIp": "10.0.0.7",
		"bucket":    args.Name,
		"keyId":     strings.ToLower(kind) + "-" + args.Name,
		"streamArn": "arn:aws:" + strings.ToLower(kind) + ":::" + args.Name + "/stream",

		"identifier":             args.Name,
		"address":                args.Name + ".example.com",
		"endpoint":               args.Name + ".example.com:5432",
		"primaryEndpointAddress": args.Name + ".example.com",
		"readerEndpointAddress":  args.Name + "-ro.example.com",
		"replicationGroupId":     args.Name,

		"invokeArn":                "arn:aws:apigateway:::" + args.Name,
		"dnsName":                  args.Name + ".elb.amazonaws.com",
		"zoneId":                   "Z0123456789ABC",
		"bucketRegionalDomainName": args.Name + ".s3.eu-west-1.amazonaws.com",
		"domainName":               args.Name + ".example.com",
		"hostedZoneId":             "Z2FDTNDATAQYW2",
		"repositoryUrl":            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/" + args.Name,

		"arnSuffix": strings.ToLower(kind) + "/" + args.Name,
	} {
		if _, given := state[resource.PropertyKey(key)]; !given {
			state[resource.PropertyKey(key)] = resource.NewProperty(value)
		}
	}
	if state.HasValue("manageMasterUserPassword") {
		state["masterUserSecrets"] = resource.NewPropertyValue([]any{map[string]any{"secretArn": "arn:aws:secret:::" + args.Name}})
	}
	for key, value := range lists(args.TypeToken, args.Inputs) {
		state[key] = value
	}
	return strings.ToLower(kind) + "-" + args.Name, state, nil
}

// lists makes up the outputs of more than one value that components pass on.
func lists(typ string, in resource.PropertyMap) resource.PropertyMap {
	switch typ {
	case "aws:route53/zone:Zone":
		return resource.NewPropertyMapFromMap(map[string]any{"nameServers": []any{"ns-1.awsdns-01.org", "ns-2.awsdns-02.com"}})
	case "aws:route53/record:Record":
		return resource.PropertyMap{"fqdn": in["name"]}
	case "aws:acm/certificate:Certificate":
		names := []resource.PropertyValue{in["domainName"]}
		if more := in["subjectAlternativeNames"]; more.IsArray() {
			names = append(names, more.ArrayValue()...)
		}
		var proofs []any
		for _, name := range names {
			base := strings.TrimPrefix(name.StringValue(), "*.")
			proofs = append(proofs, map[string]any{
				"domainName": name.StringValue(), "resourceRecordType": "CNAME",
				"resourceRecordName": "_proof." + base + ".", "resourceRecordValue": "_answer." + base + ".acm-validations.aws.",
			})
		}
		return resource.NewPropertyMapFromMap(map[string]any{"domainValidationOptions": proofs})
	}
	return nil
}

func parentKey(urn string) string {
	u := resource.URN(urn)
	if urn == "" || u.Type() == resource.RootStackType {
		return ""
	}
	return string(u.Type()) + " " + u.Name()
}

// plain turns Pulumi's property values into plain Go values.
func plain(props resource.PropertyMap) map[string]any {
	return props.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsComputed(), v.IsOutput() && !v.OutputValue().Known:
			return "[unknown]", true
		case v.IsSecret():
			return "[secret]", true
		}
		return nil, false
	})
}
