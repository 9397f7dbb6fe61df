package deployrole

import "github.com/trunkline-dev/trunkline/components/iampolicy"

// data are the actions of ReadOnlyAccess, and of a policy of a resource that
// may name the role, that hand out what people and programs keep in AWS rather
// than how it is set up.
//
// Parameters of SSM can be read: stacks look up images there. What is secret in
// them is encrypted, and kms:Decrypt is denied. lambda:GetFunction cannot be
// denied, because the provider reads a function with it: it shows the code and
// the plain environment variables. Keep secrets out of both.
var data = []string{
	"athena:GetQueryResults*",
	"codeartifact:GetPackageVersionAsset",
	"codecommit:GitPull",
	"dynamodb:BatchGetItem",
	"dynamodb:GetItem",
	"dynamodb:GetRecords",
	"dynamodb:PartiQL*",
	"dynamodb:Query",
	"dynamodb:Scan",
	"ebs:GetSnapshotBlock",
	"ec2:GetConsole*",
	"ec2:GetPasswordData",
	"ecr:GetDownloadUrlForLayer",
	"glacier:GetJobOutput",
	"kinesis:GetRecords",
	"kinesis:SubscribeToShard",
	"kms:Decrypt",
	"kms:ReEncryptFrom",
	"logs:FilterLogEvents",
	"logs:GetLogEvents",
	"logs:GetLogRecord",
	"logs:GetQueryResults",
	"logs:StartLiveTail",
	"logs:StartQuery",
	"logs:Unmask",
	"rds:DownloadCompleteDBLogFile",
	"rds:DownloadDBLogFilePortion",
	"rds-data:*",
	"redshift-data:GetStatementResult*",
	"s3:GetObject",
	"s3:GetObjectTorrent",
	"s3:GetObjectVersion",
	"secretsmanager:BatchGetSecretValue",
	"secretsmanager:GetSecretValue",
	"sqs:ReceiveMessage",
}

// noData denies the data in everything but the ARNs that are given. A denial
// wins over whatever else the role is allowed, here or in the policy of a
// bucket or key.
func noData(readable []string) iampolicy.Document {
	s := iampolicy.Statement{Sid: "NoData", Effect: iampolicy.Deny, Actions: data}
	if len(readable) == 0 {
		s.Resources = []string{"*"}
	} else {
		s.NotResources = readable
	}
	return iampolicy.Document{s}
}
