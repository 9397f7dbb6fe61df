package database

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// builder makes the parts of one database, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	places   *rds.SubnetGroup
	firewall *securitygroup.Group
	settings *rds.ParameterGroup
	made     *rds.Instance
}

func (b *builder) tags(name string) pulumi.StringMap { return tags.Named(name, b.args.Tags) }

// subnets says where the instance may stand, unless it is the default VPC.
func (b *builder) subnets() (err error) {
	if b.args.SubnetIDs == nil {
		return nil
	}
	b.places, err = rds.NewSubnetGroup(b.ctx, b.name, &rds.SubnetGroupArgs{
		Description: pulumi.String("Database " + b.name),
		SubnetIds:   b.args.SubnetIDs,
		Tags:        b.tags(b.name),
	}, b.child)
	return err
}

// securityGroup lets the clients in, and nothing out: a database opens no
// connections.
func (b *builder) securityGroup() (err error) {
	args := securitygroup.Args{Description: "Database " + b.name, VPCID: b.args.VPCID, Tags: b.args.Tags}
	if b.args.Clients.Inputs() != nil {
		args.Ingress = []securitygroup.Rule{{Description: "Clients of the database", FromPort: b.args.Port, Peers: b.args.Clients}}
	}
	b.firewall, err = securitygroup.New(b.ctx, b.name, args, b.child)
	return err
}

// parameters are PostgreSQL's settings. A new major version has a new group.
func (b *builder) parameters() (err error) {
	all := b.args.parameters()
	list := rds.ParameterGroupParameterArray{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		method := "immediate"
		if all[key].AtReboot {
			method = "pending-reboot"
		}
		list = append(list, rds.ParameterGroupParameterArgs{
			Name: pulumi.String(key), Value: pulumi.String(all[key].Value), ApplyMethod: pulumi.String(method),
		})
	}
	b.settings, err = rds.NewParameterGroup(b.ctx, b.name, &rds.ParameterGroupArgs{
		Family:      pulumi.String("postgres" + major(b.args.EngineVersion)),
		Description: pulumi.String("Database " + b.name),
		Parameters:  list,
		Tags:        b.tags(b.name),
	}, b.child)
	return err
}

// parameters are the settings that every database has, and those of the
// arguments.
func (a Args) parameters() map[string]Parameter {
	all := map[string]Parameter{
		"log_connections":            {Value: "1"},
		"log_disconnections":         {Value: "1"},
		"log_lock_waits":             {Value: "1"},
		"log_min_duration_statement": {Value: strconv.FormatInt(a.SlowQuery.Milliseconds(), 10)},
	}
	maps.Copy(all, a.Parameters)
	all[forceTLS] = Parameter{Value: "1"}
	return all
}

// forceTLS refuses connections that are not encrypted.
const forceTLS = "rds.force_ssl"

// instance makes the database itself.
func (b *builder) instance() (err error) {
	a := b.args
	args := &rds.InstanceArgs{
		IdentifierPrefix:                 pulumi.String(b.name + "-"),
		Engine:                           pulumi.String("postgres"),
		EngineVersion:                    pulumi.String(a.EngineVersion),
		AllowMajorVersionUpgrade:         pulumi.Bool(a.AllowMajorUpgrade),
		AutoMinorVersionUpgrade:          pulumi.Bool(true),
		InstanceClass:                    pulumi.String(a.Class),
		MultiAz:                          pulumi.Bool(a.MultiAZ),
		StorageType:                      pulumi.String("gp3"),
		AllocatedStorage:                 pulumi.Int(a.StorageGiB),
		StorageEncrypted:                 pulumi.Bool(true),
		DbName:                           pulumi.String(a.DatabaseName),
		Username:                         pulumi.String(a.Username),
		IamDatabaseAuthenticationEnabled: pulumi.Bool(a.IAMAuthentication),
		ParameterGroupName:               b.settings.Name,
		VpcSecurityGroupIds:              pulumi.StringArray{b.firewall.ID()},
		PubliclyAccessible:               pulumi.Bool(false),
		Port:                             pulumi.Int(a.Port),
		BackupRetentionPeriod:            pulumi.Int(a.BackupDays),
		BackupWindow:                     optional(a.BackupWindow),
		MaintenanceWindow:                optional(a.MaintenanceWindow),
		ApplyImmediately:                 pulumi.Bool(a.ApplyAtOnce),
		CopyTagsToSnapshot:               pulumi.Bool(true),
		DeletionProtection:               pulumi.Bool(!a.Unprotected),
		SkipFinalSnapshot:                pulumi.Bool(a.NoFinalSnapshot),
		Tags:                             b.tags(b.name),
	}
	b.choose(args)
	b.made, err = rds.NewInstance(b.ctx, b.name, args, b.child)
	return err
}

// choose sets what is there only for some arguments.
func (b *builder) choose(args *rds.InstanceArgs) {
	a := b.args
	if b.places != nil {
		args.DbSubnetGroupName = b.places.Name
	}
	if a.MaxStorageGiB > a.StorageGiB {
		args.MaxAllocatedStorage = pulumi.Int(a.MaxStorageGiB)
	}
	if a.Password != nil {
		args.Password = a.Password.ToStringOutput().ToStringPtrOutput()
	} else {
		args.ManageMasterUserPassword = pulumi.Bool(true)
	}
	if a.PerformanceInsightsDays > 0 {
		args.PerformanceInsightsEnabled = pulumi.Bool(true)
		args.PerformanceInsightsRetentionPeriod = pulumi.Int(a.PerformanceInsightsDays)
	}
	if !a.NoLogExports {
		args.EnabledCloudwatchLogsExports = pulumi.ToStringArray([]string{"postgresql", "upgrade"})
	}
	if !a.NoFinalSnapshot {
		args.FinalSnapshotIdentifier = b.finalSnapshot()
	}
	if a.KMSKeyARN == nil {
		return
	}
	key := a.KMSKeyARN.ToStringOutput().ToStringPtrOutput()
	args.KmsKeyId = key
	if a.Password == nil {
		args.MasterUserSecretKmsKeyId = key
	}
	if a.PerformanceInsightsDays > 0 {
		args.PerformanceInsightsKmsKeyId = key
	}
}

// finalSnapshot names the last snapshot. Names of snapshots are unique in an
// account, so it contains that of the parameter group, which ends in random
// digits, and digits of what replaces the instance when it changes: neither the
// snapshot of an earlier database nor that of the instance before is in the way.
func (b *builder) finalSnapshot() pulumi.StringOutput {
	key := pulumi.StringInput(pulumi.String(""))
	if b.args.KMSKeyARN != nil {
		key = b.args.KMSKeyARN
	}
	return pulumi.All(b.settings.Name, key).ApplyT(func(known []any) string {
		sum := sha256.Sum256([]byte(b.args.DatabaseName + "\x00" + b.args.Username + "\x00" + known[1].(string)))
		return known[0].(string) + "-final-" + hex.EncodeToString(sum[:3])
	}).(pulumi.StringOutput)
}

// alarms watches what fills up.
func (b *builder) alarms() error {
	list := alarms.Database(b.made.Identifier, b.args.StorageGiB)
	list = append(list, alarms.DatabaseConnections(b.made.Identifier, b.args.MaxConnections))
	if burstable(b.args.Class) {
		list = append(list, alarms.DatabaseCredits(b.made.Identifier))
	}
	return alarms.Register(b.ctx, b.name, list, b.args.AlarmActions, b.args.Tags, b.child)
}

func optional(text string) pulumi.StringPtrInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}
