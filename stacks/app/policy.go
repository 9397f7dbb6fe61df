package app

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// policy fills a document with ARNs that only an update knows.
func policy(of func(arns []string) iampolicy.Document, arns ...pulumi.StringOutput) pulumi.StringOutput {
	known := make(pulumi.StringArray, len(arns))
	for i, arn := range arns {
		known[i] = arn
	}
	return known.ToStringArrayOutput().ApplyT(func(arns []string) string { return of(arns).JSON() }).(pulumi.StringOutput)
}

// webMay is what the web service may do: keep sessions and files, and leave work.
// The ARNs are those of the table, the bucket and the queue.
func webMay(arns []string) iampolicy.Document {
	table, bucket, queue := arns[0], arns[1], arns[2]
	return append(keepSessions(table), append(keepFiles(bucket), iampolicy.Statement{
		Sid:       "LeaveWork",
		Effect:    iampolicy.Allow,
		Actions:   []string{"sqs:SendMessage", "sqs:GetQueueAttributes"},
		Resources: []string{queue},
	})...)
}

// workerMay is what the worker may do besides taking work. The ARNs are those of
// the table and the bucket.
func workerMay(arns []string) iampolicy.Document {
	return append(keepSessions(arns[0]), keepFiles(arns[1])...)
}

func keepSessions(table string) iampolicy.Document {
	return iampolicy.Document{{
		Sid:       "KeepSessions",
		Effect:    iampolicy.Allow,
		Actions:   []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"},
		Resources: []string{table},
	}}
}

func keepFiles(bucket string) iampolicy.Document {
	return iampolicy.Document{
		{
			Sid:       "KeepFiles",
			Effect:    iampolicy.Allow,
			Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
			Resources: []string{bucket + "/*"},
		},
		{
			Sid:       "ListFiles",
			Effect:    iampolicy.Allow,
			Actions:   []string{"s3:ListBucket"},
			Resources: []string{bucket},
		},
	}
}

// mailbox turns an address into the end of a resource's name: "on-call-example-com"
// of "on.call@example.com".
func mailbox(address string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	return strings.Trim(strings.Map(keep, strings.ToLower(address)), "-")
}
