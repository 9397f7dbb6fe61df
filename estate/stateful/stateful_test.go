package stateful

import "testing"

func TestWhatKeepsDataIsToldFromWhatDoesNot(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]bool{
		"aws:rds/instance:Instance":                    true,
		"aws:rds/cluster:Cluster":                      true,
		"aws:s3/bucketV2:BucketV2":                     true,
		"aws:s3/bucketPolicy:BucketPolicy":             false,
		"aws:dynamodb/table:Table":                     true,
		"aws:dynamodb/tableReplica:TableReplica":       false,
		"aws:rds/snapshotCopy:SnapshotCopy":            true,
		"aws:docdb/elasticCluster:ElasticCluster":      true,
		"aws:neptune/clusterSnapshot:ClusterSnapshot":  true,
		"aws:memorydb/snapshot:Snapshot":               true,
		"aws:rds/subnetGroup:SubnetGroup":              false,
		"aws:ec2/instance:Instance":                    false,
		"aws:ec2/securityGroup:SecurityGroup":          false,
		"trunkline:database:Database":                  false,
		"aws:cloudwatch/logGroup:LogGroup":             true,
		"aws:cloudwatch/logSubscriptionFilter:LogSubs": false,
		"": false,
	} {
		if got := Type(typ); got != want {
			t.Errorf("%q: %v, want %v", typ, got, want)
		}
	}
}
