package recorder

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// What programs that take values apart rely on: the service in an ARN, and lists
// whose elements follow from the inputs.

// services are the names that services have in ARNs where Pulumi calls the module
// otherwise.
var services = map[string]string{
	"alb": "elasticloadbalancing", "lb": "elasticloadbalancing", "elb": "elasticloadbalancing",
	"apigatewayv2": "apigateway", "appautoscaling": "application-autoscaling", "cfg": "config", "ebs": "ec2",
	"ec2transitgateway": "ec2", "efs": "elasticfilesystem", "opensearch": "es", "sfn": "states", "vpc": "ec2",
}

// forms are how the ARNs of things begin, by what the thing is called in types and
// in the names of properties: the service, and what stands before the name.
var forms = map[string][2]string{
	"bucket": {"s3"}, "certificate": {"acm", "certificate/"}, "cluster": {"ecs", "cluster/"}, "function": {"lambda", "function:"},
	"iam": {"iam"}, "instanceprofile": {"iam", "instance-profile/"}, "key": {"kms", "key/"}, "kmskey": {"kms", "key/"},
	"loadbalancer": {"elasticloadbalancing", "loadbalancer/"}, "loggroup": {"logs", "log-group:"}, "parameter": {"ssm", "parameter/"},
	"policy": {"iam", "policy/"}, "queue": {"sqs"}, "repository": {"ecr", "repository/"}, "role": {"iam", "role/"},
	"secret": {"secretsmanager", "secret:"}, "table": {"dynamodb", "table/"}, "targetgroup": {"elasticloadbalancing", "targetgroup/"},
	"topic": {"sns"}, "user": {"iam", "user/"},
}

// arn is an ARN of a thing of a type, or of the one that the name of its property,
// in small letters, tells.
func arn(s aws.Scope, typ, property, token string) string {
	service := serviceOf(typ)
	if other, known := forms[strings.TrimSuffix(property, "arn")]; known {
		service, token = other[0], other[1]+token
	} else if own := forms[strings.ToLower(record.Kind(typ))]; own[0] == service {
		token = own[1] + token
	}
	switch service {
	case "s3", "route53":
		return "arn:" + s.Partition() + ":" + service + ":::" + token
	case "iam", "cloudfront":
		return s.GlobalARN(service, token)
	}
	return s.ARN(service, token)
}

// serviceOf is the service of a type in ARNs.
func serviceOf(typ string) string {
	module, rest, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), "/")
	switch {
	case services[module] != "":
		return services[module]
	case module == "cloudwatch" && strings.HasPrefix(rest, "log"):
		return "logs"
	case module == "cloudwatch" && strings.HasPrefix(rest, "event"):
		return "events"
	}
	return module
}

// lists are those whose elements follow from the inputs, by type and property: what
// is known of each element.
var lists = map[string]func(in resource.PropertyMap) []resource.PropertyMap{
	"aws:acm/certificate:Certificate domainValidationOptions": domains,
}

// domains has an element for each name in a certificate.
func domains(in resource.PropertyMap) []resource.PropertyMap {
	names := []resource.PropertyValue{in["domainName"]}
	if more := in["subjectAlternativeNames"]; more.IsArray() {
		names = append(names, more.ArrayValue()...)
	}
	var out []resource.PropertyMap
	seen := map[string]bool{}
	for _, name := range names {
		if !name.IsString() {
			return nil
		}
		if !seen[name.StringValue()] {
			out = append(out, resource.PropertyMap{"domainName": name})
		}
		seen[name.StringValue()] = true
	}
	return out
}
