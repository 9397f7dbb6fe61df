// Package key provides a KMS key that encrypts the data of other components.
package key

import (
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:key:Key"

// Args configures a key. The zero value is a key that changes its material
// every year, and that people and programs of this account may use as far as
// their IAM policies say.
type Args struct {
	// Description says what the key is for, at most 8192 characters. Default: the
	// key's name in the code.
	Description string
	// RotationDays is after how many days the key's material changes, 90 to 2560.
	// Default 365. What was encrypted before stays readable.
	RotationDays int
	// DeletionDays is how long a deleted key can be brought back, 7 to 30 days.
	// Default 30. What it encrypted is lost afterwards.
	DeletionDays int
	// Administrators are the ARNs of roles or users of this account that may
	// change and delete the key, but not use it.
	Administrators pulumi.StringArray
	// Users are the ARNs of roles or users of this account that may encrypt and
	// decrypt with the key, and let AWS services do so for them.
	Users pulumi.StringArray
	// Through lists services, such as "rds" or "secretsmanager", through which
	// everybody in this account may use the key: whoever may read the data in the
	// service may decrypt it, and nobody outside it.
	Through []string
	// Services lists service principals, such as "sns.amazonaws.com" or
	// "logs.eu-west-1.amazonaws.com", that use the key by themselves, on behalf
	// of this account alone.
	Services []string
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Key is a symmetric KMS key with an alias. The account administers it, and IAM
// policies of the account may grant more. It costs 1 USD a month, another one
// after each of the first two rotations, and cents for requests.
type Key struct {
	pulumi.ResourceState

	// ARN is what other components take as their KMSKeyARN.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// ID is the key's id, a UUID.
	ID pulumi.StringOutput `pulumi:"keyId"`
	// Alias is a name for people, such as "alias/main-1a2b3c4".
	Alias pulumi.StringOutput `pulumi:"alias"`
}

// New creates a key. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Key, error) {
	args = args.withDefaults(name)
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Key{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	at, err := find(ctx, child)
	if err != nil {
		return nil, err
	}
	key, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:          pulumi.String(args.Description),
		EnableKeyRotation:    pulumi.Bool(true),
		RotationPeriodInDays: pulumi.Int(args.RotationDays),
		DeletionWindowInDays: pulumi.Int(args.DeletionDays),
		Policy:               args.policy(at),
		Tags:                 tags.Named(name, args.Tags),
	}, child)
	if err != nil {
		return nil, err
	}
	alias, err := kms.NewAlias(ctx, name, &kms.AliasArgs{TargetKeyId: key.KeyId}, child)
	if err != nil {
		return nil, err
	}
	self.ARN, self.ID, self.Alias = key.Arn, key.KeyId, alias.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"arn": self.ARN, "keyId": self.ID, "alias": self.Alias})
}

// place is what a key's policy says about where the key is.
type place struct{ partition, region, account string }

func find(ctx *pulumi.Context, opts ...pulumi.InvokeOption) (place, error) {
	who, err := aws.GetCallerIdentity(ctx, nil, opts...)
	if err != nil {
		return place{}, err
	}
	region, err := aws.GetRegion(ctx, nil, opts...)
	if err != nil {
		return place{}, err
	}
	partition, err := aws.GetPartition(ctx, nil, opts...)
	if err != nil {
		return place{}, err
	}
	return place{partition.Partition, region.Name, who.AccountId}, nil
}

func (a Args) withDefaults(name string) Args {
	if a.Description == "" {
		a.Description = name
	}
	if a.RotationDays == 0 {
		a.RotationDays = 365
	}
	if a.DeletionDays == 0 {
		a.DeletionDays = 30
	}
	return a
}

var (
	serviceName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	principal   = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
)

func (a Args) check(name string) error {
	var p check.Problems
	if len(a.Description) > 8192 {
		p.Addf("Description", "is longer than 8192 characters")
	}
	check.Between(&p, "RotationDays", a.RotationDays, 90, 2560)
	check.Between(&p, "DeletionDays", a.DeletionDays, 7, 30)
	for _, s := range a.Through {
		if !serviceName.MatchString(s) {
			p.Addf("Through", "%q is not a service such as rds", s)
		}
	}
	for _, s := range a.Services {
		if !principal.MatchString(s) {
			p.Addf("Services", "%q is not a service principal such as sns.amazonaws.com", s)
		}
	}
	return p.Err("key", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"description":  pulumi.String(a.Description),
		"rotationDays": pulumi.Int(a.RotationDays),
		"deletionDays": pulumi.Int(a.DeletionDays),
	}
	for key, list := range map[string]pulumi.StringArray{
		"administrators": a.Administrators, "users": a.Users,
		"through": pulumi.ToStringArray(a.Through), "services": pulumi.ToStringArray(a.Services),
	} {
		if len(list) > 0 {
			m[key] = list
		}
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
