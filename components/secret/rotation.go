package secret

import (
	"regexp"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// rotation lets the function rotate, after it may be called and there is
// something to rotate.
func (b *builder) rotation() error {
	r := b.args.Rotation
	if r == nil {
		return nil
	}
	name := b.name + "-rotation"
	permission, err := lambda.NewPermission(b.ctx, name, &lambda.PermissionArgs{
		Function:  r.FunctionARN,
		Action:    pulumi.String("lambda:InvokeFunction"),
		Principal: pulumi.String("secretsmanager.amazonaws.com"),
		SourceArn: b.made.Arn,
	}, b.child)
	if err != nil {
		return err
	}
	_, err = secretsmanager.NewSecretRotation(b.ctx, name, &secretsmanager.SecretRotationArgs{
		SecretId:          b.made.Arn,
		RotationLambdaArn: r.FunctionARN.ToStringOutput().ToStringPtrOutput(),
		RotationRules:     r.rules(),
		RotateImmediately: pulumi.Bool(!r.NotAtOnce),
	}, b.child, pulumi.DependsOn(append(b.before, permission)))
	return err
}

func (r Rotation) rules() secretsmanager.SecretRotationRotationRulesArgs {
	rules := secretsmanager.SecretRotationRotationRulesArgs{}
	if r.Schedule == "" {
		rules.AutomaticallyAfterDays = pulumi.Int(r.EveryDays)
	} else {
		rules.ScheduleExpression = pulumi.String(r.Schedule)
	}
	if r.Window != 0 {
		rules.Duration = pulumi.String(strconv.Itoa(int(r.Window/time.Hour)) + "h")
	}
	return rules
}

var schedule = regexp.MustCompile(`^rate\([1-9][0-9]* (hour|hours|day|days)\)$|^cron\([^ ()]+( [^ ()]+){5}\)$`)

func (r Rotation) check(p *check.Problems) {
	if r.FunctionARN == nil {
		p.Addf("Rotation.FunctionARN", "is missing: which function rotates?")
	}
	switch {
	case r.Schedule == "":
		check.Between(p, "Rotation.EveryDays", r.EveryDays, 1, 1000)
	case r.EveryDays != 0:
		p.Addf("Rotation.EveryDays", "there is a Schedule: give one of the two")
	case !schedule.MatchString(r.Schedule):
		p.Addf("Rotation.Schedule", "%q is not a schedule such as rate(10 days) or cron(0 4 ? * SUN *)", r.Schedule)
	}
	if r.Window != 0 && (r.Window < time.Hour || r.Window > 24*time.Hour || r.Window%time.Hour != 0) {
		p.Addf("Rotation.Window", "%v is not whole hours up to 24h", r.Window)
	}
}

func (r Rotation) inputs() pulumi.Map {
	m := pulumi.Map{"notAtOnce": pulumi.Bool(r.NotAtOnce), "functionArn": r.FunctionARN}
	if r.Schedule == "" {
		m["everyDays"] = pulumi.Int(r.EveryDays)
	} else {
		m["schedule"] = pulumi.String(r.Schedule)
	}
	if r.Window != 0 {
		m["window"] = pulumi.String(r.Window.String())
	}
	return m
}
