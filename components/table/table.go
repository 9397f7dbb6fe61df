// Package table provides a DynamoDB table.
package table

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:table:Table"

// Args configures a table. The zero value is an encrypted table with the key
// "id", paid by request, that nobody deletes by accident and that can be
// restored to any second of the last 35 days.
type Args struct {
	// HashKey is the attribute that spreads items over partitions. Default
	// String("id"). It cannot be changed later: the table is replaced.
	HashKey Attribute
	// RangeKey is the attribute that orders items with the same HashKey. Default:
	// none, so that there is one item for each HashKey. It cannot be changed
	// later: the table is replaced.
	RangeKey Attribute
	// GlobalIndexes find items by other attributes, at most 20. They come
	// and go without replacing the table.
	GlobalIndexes []GlobalIndex
	// LocalIndexes order items with the same HashKey by other attributes, at most
	// 5, in a table with a RangeKey. They cannot be changed later: the table is
	// replaced.
	LocalIndexes []LocalIndex
	// Stream records changes of items for a day, for functions to read: what of
	// them. Default: nothing.
	Stream Stream
	// TTLAttribute holds the time after which an item goes, as a number of seconds
	// since 1970. Default: items stay.
	TTLAttribute string
	// Capacity reserves throughput, which is cheaper under even load. Default:
	// none; every request is paid.
	Capacity *Capacity
	// RecoveryDays is how far back the table can be restored, 1 to 35. Default 35.
	RecoveryDays int
	// NoRecovery turns restoring off, instead of RecoveryDays.
	NoRecovery bool
	// Unprotected lets the table be deleted, with everything in it.
	Unprotected bool
	// KMSKeyARN encrypts with this key. Default: DynamoDB's own key, which is
	// free.
	KMSKeyARN pulumi.StringInput
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Table is a DynamoDB table. Alarms watch for throttled requests, of the table
// and of every global index, and for errors of DynamoDB itself. Under load of a
// few requests a second it costs some dollars a month: about 0.25 USD for a GiB
// of data, as much again for restoring it, 0.13 USD for a million reads and
// 0.63 USD for a million writes, and 0.10 USD for each of its six alarms.
type Table struct {
	pulumi.ResourceState

	// Name is the physical name, which programs ask for.
	Name pulumi.StringOutput `pulumi:"name"`
	// ARN names the table in policies; its indexes are below ARN + "/index/".
	ARN pulumi.StringOutput `pulumi:"arn"`
	// StreamARN names the stream, "" without Args.Stream.
	StreamARN pulumi.StringOutput `pulumi:"streamArn"`
}

// New creates a table. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Table, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Table{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	table, err := dynamodb.NewTable(ctx, name, args.table(name), args.scaled(child)...)
	if err != nil {
		return nil, err
	}
	if err := args.scaling(ctx, name, table, child); err != nil {
		return nil, err
	}
	if err := alarms.Register(ctx, name, args.alarms(table.Name), args.AlarmActions, args.Tags, child); err != nil {
		return nil, err
	}
	self.Name, self.ARN, self.StreamARN = table.Name, table.Arn, table.StreamArn
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"name": self.Name, "arn": self.ARN, "streamArn": self.StreamARN,
	})
}

// table is the table as DynamoDB wants it.
func (a Args) table(name string) *dynamodb.TableArgs {
	t := &dynamodb.TableArgs{
		HashKey:                   pulumi.String(a.HashKey.Name),
		BillingMode:               pulumi.String("PAY_PER_REQUEST"),
		DeletionProtectionEnabled: pulumi.Bool(!a.Unprotected),
		Tags:                      tags.Named(name, a.Tags),
	}
	if a.RangeKey.Name != "" {
		t.RangeKey = pulumi.String(a.RangeKey.Name)
	}
	attributes := dynamodb.TableAttributeArray{}
	for _, at := range a.attributes() {
		attributes = append(attributes, dynamodb.TableAttributeArgs{
			Name: pulumi.String(at.Name), Type: pulumi.String(at.Type),
		})
	}
	t.Attributes = attributes
	t.GlobalSecondaryIndexes, t.LocalSecondaryIndexes = a.globals(), a.locals()
	if a.Stream != "" {
		t.StreamEnabled, t.StreamViewType = pulumi.Bool(true), pulumi.String(a.Stream)
	}
	if a.TTLAttribute != "" {
		t.Ttl = dynamodb.TableTtlArgs{AttributeName: pulumi.String(a.TTLAttribute), Enabled: pulumi.Bool(true)}
	}
	recovery := dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!a.NoRecovery)}
	if !a.NoRecovery {
		recovery.RecoveryPeriodInDays = pulumi.Int(a.RecoveryDays)
	}
	t.PointInTimeRecovery = recovery
	if a.KMSKeyARN != nil {
		t.ServerSideEncryption = dynamodb.TableServerSideEncryptionArgs{
			Enabled: pulumi.Bool(true), KmsKeyArn: a.KMSKeyARN.ToStringOutput().ToStringPtrOutput(),
		}
	}
	if c := a.Capacity; c != nil {
		t.BillingMode = pulumi.String("PROVISIONED")
		t.ReadCapacity, t.WriteCapacity = pulumi.Int(c.Read.Min), pulumi.Int(c.Write.Min)
	}
	return t
}

// alarms watches what DynamoDB refuses. It reports its own errors by operation
// only, so that the operations that programs use most stand for all.
func (a Args) alarms(table pulumi.StringInput) []alarms.Alarm {
	list := alarms.Table(table)
	for _, i := range a.GlobalIndexes {
		for _, alarm := range alarms.Table(table) {
			alarm.Name += "-" + i.Name
			alarm.Description += ", in the index " + i.Name
			alarm.Dimensions = pulumi.StringMap{"TableName": table, "GlobalSecondaryIndexName": pulumi.String(i.Name)}
			list = append(list, alarm)
		}
	}
	for _, op := range []struct{ name, end string }{
		{"GetItem", "get"}, {"Query", "query"}, {"PutItem", "put"}, {"UpdateItem", "update"},
	} {
		list = append(list, alarms.Alarm{
			Name: "errors-" + op.end, Description: "DynamoDB failed to answer " + op.name,
			Namespace: "AWS/DynamoDB", Metric: "SystemErrors", Statistic: "Sum",
			Dimensions: pulumi.StringMap{"TableName": table, "Operation": pulumi.String(op.name)},
		})
	}
	return list
}
