package secret

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// policy closes the secret to other accounts.
func (b *builder) policy() error {
	_, err := secretsmanager.NewSecretPolicy(b.ctx, b.name, &secretsmanager.SecretPolicyArgs{
		SecretArn:         b.made.Arn,
		BlockPublicPolicy: pulumi.Bool(true),
		Policy:            b.made.Arn.ApplyT(func(arn string) string { return ownAccount(arn).JSON() }).(pulumi.StringOutput),
	}, b.child)
	return err
}

// ownAccount denies the secret to everybody outside the account that its ARN
// names. Services of AWS, which have no account, are not meant: they come on
// behalf of somebody.
func ownAccount(arn string) iampolicy.Document {
	account := ""
	if parts := strings.Split(arn, ":"); len(parts) > 4 { // arn:aws:secretsmanager:region:account:…
		account = parts[4]
	}
	return iampolicy.Document{{
		Sid:       "OwnAccountOnly",
		Effect:    iampolicy.Deny,
		Principal: iampolicy.Everyone(),
		Actions:   []string{"secretsmanager:*"},
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{
			"StringNotEquals": {"aws:PrincipalAccount": account},
			"Bool":            {"aws:PrincipalIsAWSService": "false"},
		},
	}}
}
