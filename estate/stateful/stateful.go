// Package stateful knows which resources keep data that is lost with them. There
// is one list for all who ask: the warnings of a review, and the policies.
package stateful

import (
	"slices"
	"strings"
)

// types are the resource types whose deletion loses more than can be made again:
// their tokens, or the start of them.
var types = []string{
	"aws:rds/instance:", "aws:rds/cluster:", "aws:rds/globalCluster:", "aws:rds/shardGroup:",
	"aws:rds/snapshot", "aws:rds/clusterSnapshot", // and their copies
	"aws:dynamodb/table:", "aws:dynamodb/globalTable:", "aws:s3/bucket:", "aws:s3/bucketV2:",
	"aws:efs/fileSystem:", "aws:fsx/", "aws:ebs/volume:", "aws:kms/key:",
	"aws:elasticache/cluster:", "aws:elasticache/replicationGroup:", "aws:elasticache/serverlessCache:",
	"aws:memorydb/cluster:", "aws:memorydb/snapshot:",
	"aws:opensearch/domain:", "aws:elasticsearch/domain:", "aws:redshift/cluster:",
	"aws:docdb/cluster:", "aws:docdb/clusterSnapshot:", "aws:docdb/elasticCluster:", "aws:docdb/globalCluster:",
	"aws:neptune/cluster:", "aws:neptune/clusterSnapshot:", "aws:neptune/globalCluster:",
	"aws:route53/zone:", "aws:cognito/userPool:", "aws:secretsmanager/secret:", "aws:ecr/repository:",
	"aws:sqs/queue:", "aws:kinesis/stream:", "aws:msk/cluster:", "aws:backup/vault:", "aws:cloudwatch/logGroup:",
}

// Type tells whether resources of the type, such as "aws:rds/instance:Instance",
// keep data that is lost with them.
func Type(typ string) bool {
	return slices.ContainsFunc(types, func(p string) bool { return strings.HasPrefix(typ, p) })
}
