package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// UnknownFunctionError tells that the sandbox cannot answer a function.
type UnknownFunctionError struct {
	Token string
	Known []string
}

func (e *UnknownFunctionError) Error() string {
	return fmt.Sprintf("the sandbox does not answer %s; it answers %s", e.Token, strings.Join(e.Known, ", "))
}

// Invoke answers one of AWS's functions.
func Invoke(s Scope, cloud Cloud, token string, args Object) (Object, error) {
	f, ok := functions[token]
	if !ok {
		return nil, &UnknownFunctionError{token, slices.Sorted(maps.Keys(functions))}
	}
	return f(s, cloud, args)
}

var functions = map[string]func(Scope, Cloud, Object) (Object, error){
	"aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
	"aws:index/getCallerIdentity:getCallerIdentity":       getCallerIdentity,
	"aws:index/getRegion:getRegion":                       getRegion,
	"aws:index/getPartition:getPartition":                 getPartition,
	"aws:ec2/getAmi:getAmi":                               getAmi,
	"aws:ec2/getVpc:getVpc":                               getVpc,
	"aws:iam/getPolicyDocument:getPolicyDocument":         getPolicyDocument,
	"aws:ssm/getParameter:getParameter":                   getParameter,
}

func getAvailabilityZones(s Scope, _ Cloud, args Object) (Object, error) {
	out := Object{"id": s.Region, "state": args["state"], "groupNames": []any{s.Region}}
	names, ids := []any{}, []any{}
	for i, z := range Zones(s.Region) {
		id := ZoneIDs(s.Region)[i]
		if contains(args.text("excludeNames[]"), z) || contains(args.text("excludeZoneIds[]"), id) {
			continue
		}
		names, ids = append(names, z), append(ids, id)
	}
	out["names"], out["zoneIds"] = names, ids
	return out, nil
}

func getCallerIdentity(s Scope, _ Cloud, _ Object) (Object, error) {
	return Object{
		"id": s.Account, "accountId": s.Account, "userId": "AIDASANDBOXSANDBOX000",
		"arn": s.GlobalARN("iam", "user/sandbox"),
	}, nil
}

func getRegion(s Scope, _ Cloud, args Object) (Object, error) {
	name := cmp.Or(args.Text("name"), s.Region)
	return Object{"id": name, "name": name, "description": name, "endpoint": "ec2." + name + "." + s.Suffix()}, nil
}

func getPartition(s Scope, _ Cloud, _ Object) (Object, error) {
	prefix := slices.Clone(strings.Split(s.Suffix(), "."))
	slices.Reverse(prefix)
	return Object{"id": s.Partition(), "partition": s.Partition(), "dnsSuffix": s.Suffix(), "reverseDnsPrefix": strings.Join(prefix, ".")}, nil
}

// getAmi answers with an image that fits the filters. The same question in the
// same region has the same answer.
func getAmi(s Scope, _ Cloud, args Object) (Object, error) {
	question, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	arch, name := "x86_64", "al2023-ami-2023.6.20250101.0-kernel-6.1"
	for _, filter := range args.objects("filters[]") {
		values := filter.text("values[]")
		if len(values) == 0 {
			continue
		}
		switch filter.Text("name") {
		case "architecture":
			arch = values[0]
		case "name":
			name = strings.ReplaceAll(values[0], "*", "2023.6.20250101.0")
			if strings.Contains(name, "arm64") {
				arch = "arm64"
			}
		}
	}
	id := "ami-0" + digits(s.Region, string(question), 16)
	owner := "137112412989"
	if owners := args.text("owners[]"); len(owners) > 0 && owners[0] != "amazon" && owners[0] != "self" {
		owner = owners[0]
	}
	return Object{
		"id": id, "imageId": id, "name": name, "architecture": arch, "ownerId": owner, "owners": args["owners"], "filters": args["filters"],
		"arn": fmt.Sprintf("arn:%s:ec2:%s::image/%s", s.Partition(), s.Region, id), "mostRecent": args["mostRecent"],
		"rootDeviceName": "/dev/xvda", "rootDeviceType": "ebs", "virtualizationType": "hvm", "hypervisor": "xen", "state": "available",
		"imageType": "machine", "public": true, "creationDate": "2025-01-01T00:00:00.000Z", "description": name, "enaSupport": true,
		"blockDeviceMappings": []any{}, "productCodes": []any{}, "tags": map[string]any{}, "stateReason": map[string]any{}, "imageLocation": "amazon/" + name,
	}, nil
}

func getVpc(s Scope, cloud Cloud, args Object) (Object, error) {
	vpcs, err := cloud.All(vpcToken)
	if err != nil {
		return nil, err
	}
	for _, v := range vpcs {
		if (args.has("id") && v.ID == args.Text("id")) || (args.has("cidrBlock") && v.State.Text("cidrBlock") == args.Text("cidrBlock")) {
			out := maps.Clone(v.State)
			out["id"], out["default"], out["state"] = v.ID, false, "available"
			return out, nil
		}
	}
	if args.Flag("default") || args.Text("id") == s.defaultVPC() {
		return Object{"id": s.defaultVPC(), "cidrBlock": "172.31.0.0/16", "default": true, "ownerId": s.Account, "state": "available",
			"arn": s.ARN("ec2", "vpc/"+s.defaultVPC()), "tags": map[string]any{}}, nil
	}
	return nil, refuse("InvalidVpcID.NotFound", "no matching EC2 VPC found")
}

// getParameter answers with a parameter of the cloud, or with one of those that
// AWS publishes for its images.
func getParameter(s Scope, cloud Cloud, args Object) (Object, error) {
	name := args.Text("name")
	parameters, err := cloud.All(parameterToken)
	if err != nil {
		return nil, err
	}
	for _, p := range parameters {
		if p.ID == name {
			return Object{"id": name, "name": name, "arn": p.State["arn"], "type": p.State["type"], "value": p.State["value"],
				"insecureValue": p.State["insecureValue"], "version": p.State["version"], "withDecryption": args["withDecryption"]}, nil
		}
	}
	if !strings.HasPrefix(name, "/aws/service/") {
		return nil, refuse("ParameterNotFound", "%s", name)
	}
	value := "ami-0" + digits(s.Region, name, 16)
	return Object{"id": name, "name": name, "type": "String", "value": value, "insecureValue": value, "version": 1.0,
		"arn": fmt.Sprintf("arn:%s:ssm:%s::parameter%s", s.Partition(), s.Region, name), "withDecryption": args["withDecryption"]}, nil
}
