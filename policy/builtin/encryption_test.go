package builtin_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/builtin"
)

func TestWhatKeepsDataIsEncrypted(t *testing.T) {
	t.Parallel()
	const (
		volume   = "aws:ebs/volume:Volume"
		instance = "aws:ec2/instance:Instance"
		template = "aws:ec2/launchTemplate:LaunchTemplate"
		db       = "aws:rds/instance:Instance"
		queue    = "aws:sqs/queue:Queue"
		topic    = "aws:sns/topic:Topic"
	)
	on := inputs{"encrypted": true}
	not := func(path string) string { return "it is not encrypted at rest: see " + path }
	judge(t, builtin.Encrypted(policy.Mandatory), []row{
		{"disk", some(volume, on), ""},
		{"disk, as a text", some(volume, inputs{"encrypted": "true"}), ""},
		{"disk, off", some(volume, inputs{"encrypted": false}), not("encrypted")},
		{"disk, not said", some(volume, nil), not("encrypted")},
		{"disk, not known", some(volume, inputs{"encrypted": policy.Unknown}), "cannot tell whether it is encrypted at rest: encrypted is known only after the update"},
		{"disk, secret", some(volume, inputs{"encrypted": policy.Masked}), "cannot tell whether it is encrypted at rest: encrypted is secret"},
		{"instance", some(instance, inputs{"rootBlockDevice": on, "ebsBlockDevices": []any{map[string]any{"encrypted": true}}}), ""},
		{"instance, root", some(instance, inputs{"rootBlockDevice": inputs{}}), not("rootBlockDevice.encrypted")},
		{"instance of a template", some(instance, inputs{"launchTemplate": map[string]any{"id": "lt-1"}}), ""},
		{"instance, second disk", some(instance, inputs{"rootBlockDevice": map[string]any{"encrypted": true}, "ebsBlockDevices": []any{map[string]any{"encrypted": true}, map[string]any{}}}), not("ebsBlockDevices[1].encrypted")},
		{"instance, disks not known", some(instance, inputs{"rootBlockDevice": map[string]any{"encrypted": true}, "ebsBlockDevices": policy.Unknown}), "cannot tell whether it is encrypted at rest: ebsBlockDevices is known only after the update"},
		{"template", some(template, inputs{"blockDeviceMappings": []any{map[string]any{"ebs": map[string]any{"encrypted": "true"}}}}), ""},
		{"template, off", some(template, inputs{"blockDeviceMappings": []any{map[string]any{"ebs": map[string]any{"encrypted": "false"}}}}), not("blockDeviceMappings[0].ebs.encrypted")},
		{"template without disks", some(template, nil), ""},
		{"database", some(db, inputs{"storageEncrypted": true}), ""},
		{"database, off", some(db, inputs{"storageEncrypted": false}), not("storageEncrypted")},
		{"replica", some(db, inputs{"replicateSourceDb": policy.Unknown}), ""},
		{"cluster", some("aws:rds/cluster:Cluster", nil), not("storageEncrypted")},
		{"global cluster of a cluster", some("aws:rds/globalCluster:GlobalCluster", inputs{"sourceDbClusterIdentifier": "a"}), ""},
		{"document database", some("aws:docdb/cluster:Cluster", nil), not("storageEncrypted")},
		{"graph database", some("aws:neptune/cluster:Cluster", inputs{"storageEncrypted": true}), ""},
		{"warehouse", some("aws:redshift/cluster:Cluster", nil), not("encrypted")},
		{"file system", some("aws:efs/fileSystem:FileSystem", nil), not("encrypted")},
		{"cache", some("aws:elasticache/replicationGroup:ReplicationGroup", inputs{"atRestEncryptionEnabled": "true"}), ""},
		{"cache, off", some("aws:elasticache/replicationGroup:ReplicationGroup", nil), not("atRestEncryptionEnabled")},
		{"search", some("aws:opensearch/domain:Domain", inputs{"encryptAtRest": map[string]any{"enabled": true}}), ""},
		{"search, off", some("aws:opensearch/domain:Domain", inputs{"encryptAtRest": map[string]any{}}), not("encryptAtRest.enabled")},
		{"stream", some("aws:kinesis/stream:Stream", inputs{"encryptionType": "KMS"}), ""},
		{"stream, off", some("aws:kinesis/stream:Stream", inputs{"encryptionType": "NONE"}), not("encryptionType")},
		{"delivery from a stream", some("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", inputs{"kinesisSourceConfiguration": map[string]any{"roleArn": "r"}}), ""},
		{"delivery", some("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", nil), not("serverSideEncryption.enabled")},
		{"queue", some(queue, nil), ""},
		{"queue, off", some(queue, inputs{"sqsManagedSseEnabled": false}), not("sqsManagedSseEnabled")},
		{"queue with a key", some(queue, inputs{"sqsManagedSseEnabled": false, "kmsMasterKeyId": "alias/a"}), ""},
		{"queue with an empty key", some(queue, inputs{"sqsManagedSseEnabled": false, "kmsMasterKeyId": ""}), not("sqsManagedSseEnabled")},
		{"topic", some(topic, inputs{"kmsMasterKeyId": "alias/aws/sns"}), ""},
		{"topic with a new key", some(topic, inputs{"kmsMasterKeyId": policy.Unknown}), ""},
		{"topic, off", some(topic, nil), not("kmsMasterKeyId")},
		{"topic with an empty key", some(topic, inputs{"kmsMasterKeyId": ""}), not("kmsMasterKeyId")},
		{"bucket, which always is", some("aws:s3/bucketV2:BucketV2", nil), ""},
		{"table, which always is", some("aws:dynamodb/table:Table", nil), ""},
	})
}
