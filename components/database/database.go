// Package database provides a PostgreSQL database on RDS.
package database

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:database:Database"

// Args configures a database. The zero value is a small encrypted PostgreSQL in
// the default VPC, backed up for seven days and protected from deletion, whose
// password RDS keeps and changes, and which nobody can reach until Clients says
// who.
type Args struct {
	// EngineVersion is the major version, such as "17", or a minor one, such as
	// "17.4". Default "17". AWS installs minor versions by itself.
	EngineVersion string
	// AllowMajorUpgrade lets EngineVersion go to the next major version. Read
	// what RDS says about it first: there is no way back but a snapshot.
	AllowMajorUpgrade bool
	// Class is the size of the instance. Default db.t4g.micro. A change restarts
	// the database.
	Class string
	// MultiAZ keeps a second instance in another zone that takes over when the
	// first fails. It doubles the price.
	MultiAZ bool
	// StorageGiB is the size of the disk, 20 to 65536. Default 20. It can only
	// grow.
	StorageGiB int
	// MaxStorageGiB is how far the disk grows by itself when it fills up, at least
	// a tenth above StorageGiB. Default twice StorageGiB, at least 100. The same
	// as StorageGiB turns it off.
	MaxStorageGiB int
	// DatabaseName is the database that is made first: 1 to 63 letters, digits and
	// underscores, a letter first. Default "app". Changing it replaces the
	// instance.
	DatabaseName string
	// Username is the administrator, in the same characters. Default "dbadmin".
	// Changing it replaces the instance.
	Username string
	// Password is the administrator's, 8 to 128 printable characters without /, ",
	// @ and space, usually an estate.Secret's output. Default: RDS makes one,
	// keeps it in Secrets Manager and changes it every week.
	Password pulumi.StringInput
	// ManagedPassword says aloud that RDS makes the password. Not with Password.
	ManagedPassword bool
	// IAMAuthentication lets database users sign in with IAM instead of a
	// password, if they have the role rds_iam.
	IAMAuthentication bool
	// VPCID is where the database is, SubnetIDs the private subnets for it, in two
	// zones at least. Default: the default VPC. Give both or none. Changing VPCID
	// replaces nothing, and is refused by AWS.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
	// Clients may connect. Default: nobody.
	Clients securitygroup.Peers
	// Port is 1150 to 65535. Default 5432. A change restarts the database.
	Port int
	// KMSKeyARN encrypts disk, backups and the password that RDS keeps. Default:
	// the account's key for RDS, which is free. Changing it replaces the instance.
	KMSKeyARN pulumi.StringInput
	// Parameters change PostgreSQL's settings. Connections are encrypted and slow
	// statements are logged without them.
	Parameters map[string]Parameter
	// SlowQuery is from when a statement is logged, in whole milliseconds. Default
	// one second.
	SlowQuery time.Duration
	// BackupDays is how far back the database can be restored, to any second, 1 to
	// 35. Default 7.
	BackupDays int
	// NoBackups turns that off, instead of BackupDays. A change restarts the
	// database.
	NoBackups bool
	// BackupWindow is when backups begin, at least half an hour such as
	// "03:00-04:00", in UTC. Default: AWS chooses.
	BackupWindow string
	// MaintenanceWindow is when AWS works on the instance, at least half an hour
	// such as "sun:05:00-sun:06:00", in UTC. Default: AWS chooses.
	MaintenanceWindow string
	// ApplyAtOnce makes changes now, which may restart the database, instead of in
	// the maintenance window.
	ApplyAtOnce bool
	// NoLogExports keeps PostgreSQL's logs on the instance, for three days, instead
	// of in CloudWatch, for ever.
	NoLogExports bool
	// PerformanceInsightsDays keeps what the database was busy with: 7 days, which
	// are free, months of 31 days up to 713, or 731. Default 0: off.
	PerformanceInsightsDays int
	// Unprotected lets the database be deleted. A last snapshot is taken.
	Unprotected bool
	// NoFinalSnapshot deletes without a last snapshot: the data is lost.
	NoFinalSnapshot bool
	// MaxConnections is how many connections raise an alarm. Default: four fifths
	// of what RDS allows on a Class of known memory.
	MaxConnections int
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Parameter is a setting of PostgreSQL.
type Parameter struct {
	Value string
	// AtReboot is for settings that PostgreSQL reads only when it starts, such as
	// shared_buffers. RDS refuses to change those at once.
	AtReboot bool
}

// Database is a PostgreSQL instance of RDS with its own security group and
// settings: encrypted on disk and on the wire, not reachable from the internet,
// backed up. Alarms watch processor, storage, connections and, on burstable
// classes, whether they are used beyond what they earn. A db.t4g.micro with 20 GiB costs about
// 16 USD a month, a db.r6g.large with a second zone about 380 USD.
type Database struct {
	pulumi.ResourceState

	// Endpoint is host and port, "host:5432".
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
	// Address is the host name.
	Address pulumi.StringOutput `pulumi:"address"`
	// Port is where the database listens.
	Port pulumi.IntOutput `pulumi:"port"`
	// DatabaseName is the database that was made first.
	DatabaseName pulumi.StringOutput `pulumi:"databaseName"`
	// Username is the administrator.
	Username pulumi.StringOutput `pulumi:"username"`
	// SecretARN is the secret with username and password as JSON, "" with
	// Args.Password.
	SecretARN pulumi.StringOutput `pulumi:"secretArn"`
	// Identifier is the physical name, as metrics carry it.
	Identifier pulumi.StringOutput `pulumi:"identifier"`
	// ARN names the instance in policies.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// SecurityGroupID is for rules that let others in: add vpc.SecurityGroupIngressRule.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
}

// New creates a database. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Database, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Database{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.subnets,
		b.securityGroup,
		b.parameters,
		b.instance,
		b.alarms,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	self.Endpoint, self.Address, self.Port = b.made.Endpoint, b.made.Address, pulumi.Int(args.Port).ToIntOutput()
	self.DatabaseName = pulumi.String(args.DatabaseName).ToStringOutput()
	self.Username = pulumi.String(args.Username).ToStringOutput()
	self.SecretARN = b.made.MasterUserSecrets.ApplyT(secretOf).(pulumi.StringOutput)
	self.Identifier, self.ARN = b.made.Identifier, b.made.Arn
	self.SecurityGroupID = b.firewall.ID().ToStringOutput()
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"endpoint": self.Endpoint, "address": self.Address, "port": self.Port,
		"databaseName": self.DatabaseName, "username": self.Username, "secretArn": self.SecretARN,
		"identifier": self.Identifier, "arn": self.ARN, "securityGroupId": self.SecurityGroupID,
	})
}

// secretOf is where RDS keeps the password that it made.
func secretOf(secrets []rds.InstanceMasterUserSecret) string {
	if len(secrets) == 0 || secrets[0].SecretArn == nil {
		return ""
	}
	return *secrets[0].SecretArn
}
