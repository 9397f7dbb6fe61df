package app

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
	"github.com/trunkline-dev/trunkline/estate"
)

// keep puts the secret where the servers can read it: encrypted, in Parameter
// Store. It costs nothing to run.
func keep(ctx *pulumi.Context, name string, secret estate.Secret) (pulumi.StringOutput, error) {
	p, err := ssm.NewParameter(ctx, name, &ssm.ParameterArgs{
		Type:  pulumi.String("SecureString"),
		Value: secret.Output(),
		Tags:  tags.Named(name, nil),
	})
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return p.Arn, nil
}

// reader is what a server may do with the parameter.
func reader(parameterARN string) iampolicy.Document {
	return iampolicy.Document{{
		Sid:       "ReadSecret",
		Effect:    iampolicy.Allow,
		Actions:   []string{"ssm:GetParameter"},
		Resources: []string{parameterARN},
	}}
}
