// Package iampolicy writes AWS policy documents from typed values.
package iampolicy

import (
	"encoding/json"
	"strings"
)

// Document is an IAM policy: of a role, of a bucket, or of who may assume a
// role.
type Document []Statement

// Statement is one rule of a policy. Empty fields are left out.
type Statement struct {
	Sid       string    `json:",omitempty"`
	Effect    Effect    `json:",omitempty"`
	Principal Principal `json:",omitempty"`
	Actions   []string  `json:"Action,omitempty"`
	Resources []string  `json:"Resource,omitempty"`
	// NotResources are all resources but these, instead of Resources.
	NotResources []string   `json:"NotResource,omitempty"`
	Condition    Conditions `json:",omitempty"`
}

// Effect says what a statement does with the requests that it matches.
type Effect string

// The two effects of a statement. A Deny wins over every Allow.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Principal says whose requests a statement matches: kinds ("AWS", "Service")
// with names. Policies of roles have none.
type Principal map[string][]string

// Everyone returns the principal that matches every request, signed in or not.
func Everyone() Principal { return Principal{"AWS": {"*"}} }

// Conditions maps an operator ("Bool") to keys ("aws:SecureTransport") to the
// values that satisfy it.
type Conditions map[string]map[string]string

// JSON returns the document as AWS reads it. Equal documents give equal text.
func (d Document) JSON() string {
	b, err := json.Marshal(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", d})
	if err != nil {
		panic(err) // strings in maps and slices always have a JSON form
	}
	return string(b)
}

// AssumedBy returns the document that lets an AWS service, such as
// "ec2.amazonaws.com", assume a role.
func AssumedBy(service string) Document {
	return Document{{
		Effect:    Allow,
		Principal: Principal{"Service": {service}},
		Actions:   []string{"sts:AssumeRole"},
	}}
}

// AssumedFor is AssumedBy for the resources that match the ARN, in which * is
// anything, and that are in its account: nobody else can have the service use
// the role for theirs.
func AssumedFor(service, arn string) Document {
	doc := AssumedBy(service)
	doc[0].Condition = Conditions{
		"StringEquals": {"aws:SourceAccount": AccountOf(arn)},
		"ArnLike":      {"aws:SourceArn": arn},
	}
	return doc
}

// AccountOf returns the account in an ARN, "" when there is none.
func AccountOf(arn string) string { return part(arn, 4) }

// RegionOf returns the region in an ARN, "" when there is none.
func RegionOf(arn string) string { return part(arn, 3) }

// PartitionOf returns the partition in an ARN: "aws", or that of China or
// GovCloud.
func PartitionOf(arn string) string { return part(arn, 1) }

// RootOf returns the principal that stands for everybody in the account of an
// ARN whom a policy of their own allows the same.
func RootOf(arn string) string {
	return "arn:" + PartitionOf(arn) + ":iam::" + AccountOf(arn) + ":root"
}

func part(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[i]
}
