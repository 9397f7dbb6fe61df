// Package secret provides a secret in AWS Secrets Manager.
package secret

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:secret:Secret"

// Args configures a secret. The zero value is an encrypted secret without a
// value, which no other account can read and which can be brought back for 30
// days after it was deleted.
type Args struct {
	// Description says what the secret is for, at most 2048 characters.
	Description string
	// Value is the secret itself, usually an estate.Secret's output. It is stored
	// encrypted in the state. Default: none; somebody else puts it in, and it
	// never is in the state. Changing it makes a new version.
	Value pulumi.StringInput
	// RecoveryDays is how long a deleted secret can be brought back, 7 to 30
	// days. Default 30.
	RecoveryDays int
	// DeleteAtOnce deletes without a way back, instead of RecoveryDays.
	DeleteAtOnce bool
	// KMSKeyARN encrypts with this key. Default: the key of Secrets Manager, which
	// is free.
	KMSKeyARN pulumi.StringInput
	// Rotation lets a function change the value. Default: nobody does.
	Rotation *Rotation
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Rotation says when a function changes the value of a secret.
type Rotation struct {
	// FunctionARN is the Lambda function, which speaks the four steps of Secrets
	// Manager's rotation. It gets the permission to be called for this secret.
	FunctionARN pulumi.StringInput
	// EveryDays is how often, 1 to 1000. Default 30.
	EveryDays int
	// Schedule says when in the words of Secrets Manager, such as
	// "cron(0 4 ? * SUN *)" or "rate(10 days)", instead of EveryDays. UTC.
	Schedule string
	// Window is how long after the scheduled time the rotation may start, in whole
	// hours up to 24. Default: until the end of the day.
	Window time.Duration
	// NotAtOnce waits for the schedule. Without it, the first rotation happens
	// when the secret is made, and whenever this changes.
	NotAtOnce bool
}

// Secret is a secret in Secrets Manager, closed to other accounts by its own
// policy whatever IAM says. It costs 0.40 USD a month, and 0.05 USD for 10,000
// reads.
type Secret struct {
	pulumi.ResourceState

	// ARN is how programs and policies name the secret.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name.
	Name pulumi.StringOutput `pulumi:"name"`
}

// New creates a secret. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Secret, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Secret{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	for _, step := range []func() error{
		b.secret,
		b.policy,
		b.value,
		b.rotation,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	self.ARN, self.Name = b.made.Arn, b.made.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"arn": self.ARN, "name": self.Name})
}

// builder makes the parts of one secret, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	made *secretsmanager.Secret
	// before is what must be there before a function can rotate.
	before []pulumi.Resource
}

// secret makes what has a name and, later, values.
func (b *builder) secret() (err error) {
	args := &secretsmanager.SecretArgs{
		RecoveryWindowInDays: pulumi.Int(b.args.RecoveryDays),
		Tags:                 tags.Named(b.name, b.args.Tags),
	}
	if b.args.Description != "" {
		args.Description = pulumi.String(b.args.Description)
	}
	if b.args.KMSKeyARN != nil {
		args.KmsKeyId = b.args.KMSKeyARN.ToStringOutput().ToStringPtrOutput()
	}
	b.made, err = secretsmanager.NewSecret(b.ctx, b.name, args, b.child)
	return err
}

// value makes the first version, or the next one.
func (b *builder) value() error {
	if b.args.Value == nil {
		return nil
	}
	version, err := secretsmanager.NewSecretVersion(b.ctx, b.name, &secretsmanager.SecretVersionArgs{
		SecretId:     b.made.Arn,
		SecretString: b.args.Value.ToStringOutput().ToStringPtrOutput(),
	}, b.child)
	b.before = append(b.before, version)
	return err
}

func (a Args) withDefaults() Args {
	if a.RecoveryDays == 0 && !a.DeleteAtOnce {
		a.RecoveryDays = 30
	}
	if a.Rotation != nil {
		r := *a.Rotation
		if r.EveryDays == 0 && r.Schedule == "" {
			r.EveryDays = 30
		}
		a.Rotation = &r
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	if len(a.Description) > 2048 {
		p.Addf("Description", "is longer than 2048 characters")
	}
	switch {
	case !a.DeleteAtOnce:
		check.Between(&p, "RecoveryDays", a.RecoveryDays, 7, 30)
	case a.RecoveryDays != 0:
		p.Addf("RecoveryDays", "what is deleted at once cannot be brought back: give RecoveryDays or DeleteAtOnce")
	}
	if a.Rotation != nil {
		a.Rotation.check(&p)
	}
	return p.Err("secret", name)
}

// inputs is what the state records of the arguments. The value is not among
// them: it is in the version alone.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"recoveryDays": pulumi.Int(a.RecoveryDays),
		"deleteAtOnce": pulumi.Bool(a.DeleteAtOnce),
	}
	if a.Description != "" {
		m["description"] = pulumi.String(a.Description)
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	if a.Rotation != nil {
		m["rotation"] = a.Rotation.inputs()
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
