// Package cache provides a Valkey or Redis cache on ElastiCache.
package cache

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:cache:Cache"

// The engines of a cache.
const (
	Valkey = "valkey"
	Redis  = "redis"
)

// Args configures a cache. The zero value is one encrypted node of Valkey in the
// default VPC, which nobody can reach until Clients says who.
type Args struct {
	// Engine is Valkey or Redis. Default Valkey, which costs a fifth less.
	// Changing it replaces the cache.
	Engine string
	// EngineVersion is major and minor version, from 7.0. Default 8.0 of Valkey,
	// 7.1 of Redis. It can only grow.
	EngineVersion string
	// NodeType is the size of each node. Default cache.t4g.micro.
	NodeType string
	// Nodes is how many nodes there are, 1 to 6. From two on they stand in
	// different zones and one takes over when the first fails. Default 1.
	Nodes int
	// VPCID is where the cache is, SubnetIDs the private subnets for its nodes.
	// Default: the default VPC. Give both or none. Changing VPCID replaces the
	// cache.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
	// Clients may connect. Default: nobody.
	Clients securitygroup.Peers
	// Port is 1024 to 65535. Default 6379. Changing it replaces the cache.
	Port int
	// AuthToken is the password of clients, 16 to 128 printable characters without
	// @, " and /. Default: whoever reaches the cache may use it.
	AuthToken pulumi.StringInput
	// KMSKeyARN encrypts with this key. Default: ElastiCache's own key, which is
	// free. Changing it replaces the cache.
	KMSKeyARN pulumi.StringInput
	// Parameters change the engine's settings, such as {"maxmemory-policy":
	// "allkeys-lru"}.
	Parameters map[string]string
	// SnapshotDays is how long daily snapshots are kept, 1 to 35. Default 7. A
	// last one is taken when the cache is deleted.
	SnapshotDays int
	// NoSnapshots takes none, not even a last one.
	NoSnapshots bool
	// SnapshotWindow is when, at least an hour such as "04:00-05:00", in UTC.
	// Default: AWS chooses.
	SnapshotWindow string
	// MaintenanceWindow is when AWS works on the nodes, at least an hour such as
	// "sun:05:00-sun:06:00", in UTC. Default: AWS chooses.
	MaintenanceWindow string
	// ApplyAtOnce makes changes now, which may interrupt clients, instead of in
	// the maintenance window.
	ApplyAtOnce bool
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Cache is a replication group of ElastiCache without shards: one primary node
// and replicas of it, encrypted on disk and on the wire. Alarms watch processor
// and memory of every node. A cache.t4g.micro costs about 10 USD a month for
// each node.
type Cache struct {
	pulumi.ResourceState

	// Endpoint is the host name of the primary node. Connect with TLS.
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
	// ReaderEndpoint is the host name of the replicas.
	ReaderEndpoint pulumi.StringOutput `pulumi:"readerEndpoint"`
	// Port is the port of both.
	Port pulumi.IntOutput `pulumi:"port"`
	// ID is the replication group's id, as metrics carry it.
	ID pulumi.StringOutput `pulumi:"cacheId"`
	// ARN names the cache in policies.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// SecurityGroupID is for rules that let others in: add vpc.SecurityGroupIngressRule.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
}

// New creates a cache. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cache, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Cache{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.subnets,
		b.securityGroup,
		b.parameters,
		b.nodes,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	self.Endpoint, self.ReaderEndpoint = b.group.PrimaryEndpointAddress, b.group.ReaderEndpointAddress
	self.Port = pulumi.Int(args.Port).ToIntOutput()
	self.ID, self.ARN = b.group.ID().ToStringOutput(), b.group.Arn
	self.SecurityGroupID = b.firewall.ID().ToStringOutput()
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"endpoint": self.Endpoint, "readerEndpoint": self.ReaderEndpoint, "port": self.Port,
		"cacheId": self.ID, "arn": self.ARN, "securityGroupId": self.SecurityGroupID,
	})
}

// builder makes the parts of one cache, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	places   *elasticache.SubnetGroup
	firewall *securitygroup.Group
	settings *elasticache.ParameterGroup
	group    *elasticache.ReplicationGroup
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

// subnets says where nodes may stand, unless it is the default VPC.
func (b *builder) subnets() (err error) {
	if b.args.SubnetIDs == nil {
		return nil
	}
	b.places, err = elasticache.NewSubnetGroup(b.ctx, b.name, &elasticache.SubnetGroupArgs{
		Description: pulumi.String("Cache " + b.name),
		SubnetIds:   b.args.SubnetIDs,
		Tags:        b.tags(b.name),
	}, b.child)
	return err
}

// securityGroup lets the clients in, and nothing out: a cache opens no
// connections.
func (b *builder) securityGroup() (err error) {
	args := securitygroup.Args{Description: "Cache " + b.name, VPCID: b.args.VPCID, Tags: b.args.Tags}
	if b.args.Clients.Inputs() != nil {
		args.Ingress = []securitygroup.Rule{{Description: "Clients of the cache", FromPort: b.args.Port, Peers: b.args.Clients}}
	}
	b.firewall, err = securitygroup.New(b.ctx, b.name, args, b.child)
	return err
}

// parameters makes a group of its own, even when there is nothing in it:
// changing the group of a cache restarts it, changing what is in it does not.
func (b *builder) parameters() (err error) {
	args := &elasticache.ParameterGroupArgs{
		Family:      pulumi.String(family(b.args.Engine, b.args.EngineVersion)),
		Description: pulumi.String("Cache " + b.name),
		Tags:        b.tags(b.name),
	}
	var list elasticache.ParameterGroupParameterArray
	for _, key := range sorted(b.args.Parameters) {
		list = append(list, elasticache.ParameterGroupParameterArgs{
			Name: pulumi.String(key), Value: pulumi.String(b.args.Parameters[key]),
		})
	}
	if len(list) > 0 {
		args.Parameters = list
	}
	b.settings, err = elasticache.NewParameterGroup(b.ctx, b.name, args, b.child)
	return err
}

// nodes makes the cache itself. The name of the last snapshot contains that of
// the parameter group, which ends in random digits: the snapshot of an earlier
// cache with the same name is not in the way.
func (b *builder) nodes() (err error) {
	a := b.args
	args := &elasticache.ReplicationGroupArgs{
		Description:              pulumi.String("Cache " + b.name),
		Engine:                   pulumi.String(a.Engine),
		EngineVersion:            pulumi.String(a.EngineVersion),
		NodeType:                 pulumi.String(a.NodeType),
		NumCacheClusters:         pulumi.Int(a.Nodes),
		AutomaticFailoverEnabled: pulumi.Bool(a.Nodes > 1),
		MultiAzEnabled:           pulumi.Bool(a.Nodes > 1),
		Port:                     pulumi.Int(a.Port),
		SecurityGroupIds:         pulumi.StringArray{b.firewall.ID()},
		ParameterGroupName:       b.settings.Name,
		AtRestEncryptionEnabled:  pulumi.Bool(true),
		TransitEncryptionEnabled: pulumi.Bool(true),
		AutoMinorVersionUpgrade:  pulumi.Bool(true),
		ApplyImmediately:         pulumi.Bool(a.ApplyAtOnce),
		SnapshotRetentionLimit:   pulumi.Int(a.SnapshotDays),
		SnapshotWindow:           optional(a.SnapshotWindow),
		MaintenanceWindow:        optional(a.MaintenanceWindow),
		Tags:                     b.tags(b.name),
	}
	if b.places != nil {
		args.SubnetGroupName = b.places.Name
	}
	if !a.NoSnapshots {
		args.FinalSnapshotIdentifier = pulumi.Sprintf("%s-final", b.settings.Name)
	}
	if a.AuthToken != nil {
		args.AuthToken = a.AuthToken.ToStringOutput().ToStringPtrOutput()
	}
	if a.KMSKeyARN != nil {
		args.KmsKeyId = a.KMSKeyARN.ToStringOutput().ToStringPtrOutput()
	}
	b.group, err = elasticache.NewReplicationGroup(b.ctx, b.name, args, b.child)
	return err
}

// alarms watches every node. ElastiCache numbers them.
func (b *builder) alarms() error {
	var list []alarms.Alarm
	for n := 1; n <= b.args.Nodes; n++ {
		number := fmt.Sprintf("%03d", n)
		for _, alarm := range alarms.Cache(pulumi.Sprintf("%s-%s", b.group.ID(), number)) {
			alarm.Name = number + "-" + alarm.Name
			list = append(list, alarm)
		}
	}
	return alarms.Register(b.ctx, b.name, list, b.args.AlarmActions, b.args.Tags, b.child)
}

func optional(text string) pulumi.StringPtrInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}
