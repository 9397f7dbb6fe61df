package builtin

import (
	"maps"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/policy"
)

// Encrypted is the policy encrypted: what keeps data is encrypted at rest. It
// costs nothing, most rules that companies follow ask for it, and for databases
// and disks it cannot be switched on later without replacing them.
//
// It looks at disks (also those of instances and launch templates), databases and
// their global clusters, file systems, caches, search domains, streams, queues and
// topics. Not looked at is what AWS always encrypts and nobody can switch off: S3,
// DynamoDB, log groups, secrets, parameters, ECR, FSx, Glacier, Timestream.
//
// To be exempt: add an exemption for the resource. A disk in an account that
// encrypts all disks by itself says so in the program nevertheless.
func Encrypted(level policy.Level, opts ...policy.Option) policy.Policy {
	check := func(c policy.Change, r policy.Reporter) {
		if !c.Stays() {
			return
		}
		for _, s := range switches[c.Type] {
			s.check(c, r)
		}
	}
	types := policy.Types(slices.Sorted(maps.Keys(switches))...)
	doc := policy.Doc("What keeps data is encrypted at rest.")
	return policy.Resource("encrypted", level, check, append([]policy.Option{doc, types, policy.Unchanged()}, opts...)...)
}

// switches are the inputs that decide whether resources of a type are encrypted.
var switches = map[string][]encryption{
	"aws:ebs/volume:Volume":                           {{path: "encrypted"}},
	"aws:ebs/snapshotCopy:SnapshotCopy":               {{path: "encrypted"}},
	"aws:ec2/amiCopy:AmiCopy":                         {{path: "encrypted"}},
	"aws:ec2/instance:Instance":                       {{path: "rootBlockDevice.encrypted", unless: []string{"launchTemplate"}}, {path: "ebsBlockDevices[*].encrypted"}},
	"aws:ec2/spotInstanceRequest:SpotInstanceRequest": {{path: "rootBlockDevice.encrypted"}, {path: "ebsBlockDevices[*].encrypted"}},
	"aws:ec2/launchConfiguration:LaunchConfiguration": {{path: "rootBlockDevice.encrypted"}, {path: "ebsBlockDevices[*].encrypted"}},
	"aws:ec2/launchTemplate:LaunchTemplate":           {{path: "blockDeviceMappings[*].ebs.encrypted"}},

	"aws:rds/instance:Instance":               {{path: "storageEncrypted", unless: []string{"replicateSourceDb"}}}, // a replica is as its source
	"aws:rds/cluster:Cluster":                 {{path: "storageEncrypted"}},
	"aws:rds/globalCluster:GlobalCluster":     {{path: "storageEncrypted", unless: []string{"sourceDbClusterIdentifier"}}},
	"aws:docdb/cluster:Cluster":               {{path: "storageEncrypted"}},
	"aws:docdb/globalCluster:GlobalCluster":   {{path: "storageEncrypted", unless: []string{"sourceDbClusterIdentifier"}}},
	"aws:neptune/cluster:Cluster":             {{path: "storageEncrypted"}},
	"aws:neptune/globalCluster:GlobalCluster": {{path: "storageEncrypted", unless: []string{"sourceDbClusterIdentifier"}}},
	"aws:redshift/cluster:Cluster":            {{path: "encrypted"}},

	"aws:efs/fileSystem:FileSystem":                     {{path: "encrypted"}},
	"aws:elasticache/replicationGroup:ReplicationGroup": {{path: "atRestEncryptionEnabled", unless: []string{"globalReplicationGroupId"}}},
	"aws:dax/cluster:Cluster":                           {{path: "serverSideEncryption.enabled"}},
	"aws:appsync/apiCache:ApiCache":                     {{path: "atRestEncryptionEnabled"}},
	"aws:opensearch/domain:Domain":                      {{path: "encryptAtRest.enabled"}},
	"aws:elasticsearch/domain:Domain":                   {{path: "encryptAtRest.enabled"}},
	"aws:workspaces/workspace:Workspace":                {{path: "rootVolumeEncryptionEnabled"}, {path: "userVolumeEncryptionEnabled"}},

	"aws:kinesis/stream:Stream":                                 {{path: "encryptionType", on: is("KMS")}},
	"aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": {{path: "serverSideEncryption.enabled", unless: []string{"kinesisSourceConfiguration"}}},
	"aws:sqs/queue:Queue":                                       {{path: "sqsManagedSseEnabled", on: notOff, unless: []string{"kmsMasterKeyId"}}}, // SQS has it on by itself
	"aws:sns/topic:Topic":                                       {{path: "kmsMasterKeyId", on: isSet}},
}

// encryption is one such input. [*] in its path stands for every element of a list.
type encryption struct {
	path string
	// on tells whether the value means encryption; nil: it is true.
	on func(policy.Value) policy.Answer
	// unless are inputs that decide in its place, when there is one.
	unless []string
}

func is(text string) func(policy.Value) policy.Answer {
	return func(v policy.Value) policy.Answer { return v.Is(text) }
}

// isSet is for the names of keys. One that the same update makes is not known yet,
// and is one.
func isSet(v policy.Value) policy.Answer {
	if v.Is("") == policy.Yes {
		return policy.No
	}
	return v.There()
}

// notOff is for what is on when nothing is said.
func notOff(v policy.Value) policy.Answer {
	if v.There() == policy.No {
		return policy.Yes
	}
	return v.True()
}

func (e encryption) check(c policy.Change, r policy.Reporter) {
	if slices.ContainsFunc(e.unless, func(path string) bool { return isSet(c.New(path)) == policy.Yes }) {
		return
	}
	on := e.on
	if on == nil {
		on = policy.Value.True
	}
	for _, v := range each(c, e.path) {
		switch on(v) {
		case policy.No:
			r.Report("it is not encrypted at rest: see %s", v.Path())
		case policy.Unclear:
			r.Unclear(v, "it is encrypted at rest")
		}
	}
}

// each reads the values on a path.
func each(c policy.Change, path string) []policy.Value {
	before, after, listed := strings.Cut(path, "[*].")
	whole := c.New(before)
	if !listed {
		return []policy.Value{whole}
	}
	list, a := whole.List()
	if a == policy.Unclear {
		return []policy.Value{whole}
	}
	for i, v := range list {
		list[i] = v.At(after)
	}
	return list
}
