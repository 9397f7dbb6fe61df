package aws

import (
	"strings"
	"time"
)

// Generic returns a text that AWS would compute, for a type about which nothing
// but its description is known: something of the right form where the property's
// name tells the form, and nothing elsewhere. It is the same for the same
// resource.
func Generic(c *Call, service, terraform, property string) string {
	name := c.In.Text("name")
	if name == "" {
		name = c.ID
	}
	kind := strings.ReplaceAll(strings.TrimPrefix(terraform, "aws_"), "_", "-")
	lower := strings.ToLower(property)
	ends := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(lower, s) {
				return true
			}
		}
		return false
	}
	switch {
	case property == "arn":
		return c.ARN(service, kind[strings.LastIndexByte(kind, '-')+1:]+separator(service)+name)
	case ends("arn"):
		return c.ARN(service, strings.TrimSuffix(lower, "arn")+"/"+c.hex(property, 17))
	case ends("ownerid", "accountid"), property == "registryId":
		return c.Account
	case property == "region":
		return c.Region
	case ends("dnsname", "endpoint", "domainname", "hostname", "fqdn"):
		return kind + "-" + c.hex(property, 12) + "." + c.Region + "." + c.Suffix()
	case ends("url"):
		return "https://" + kind + "-" + c.hex(property, 12) + "." + c.Region + "." + c.Suffix()
	case ends("date", "time", "createdat", "updatedat"):
		return c.Now.Format(time.RFC3339)
	case ends("status", "state"):
		return "ACTIVE"
	case property == "version" || ends("versionid", "revision"):
		return "1"
	case ends("id"):
		return c.hex(property, 17)
	}
	return ""
}

// separator is what stands between a resource's kind and its name in the ARNs of
// a service.
func separator(service string) string {
	switch service {
	case "backup", "cloudwatch", "elasticache", "lambda", "rds", "redshift", "sfn", "secretsmanager", "sns":
		return ":"
	}
	return "/"
}
