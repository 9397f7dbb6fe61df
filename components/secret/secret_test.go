package secret_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/secret"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	secretType   = "aws:secretsmanager/secret:Secret"
	versionType  = "aws:secretsmanager/secretVersion:SecretVersion"
	policyType   = "aws:secretsmanager/secretPolicy:SecretPolicy"
	rotationType = "aws:secretsmanager/secretRotation:SecretRotation"
)

func TestSecretKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:secret:Secret",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return secret.New(ctx, name, secret.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return secret.New(ctx, name, secret.Args{Tags: map[string]string{"owner": "payments"}})
		},
	})
}

func record(t *testing.T, args secret.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := secret.New(ctx, "api", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAClosedSecretWithoutAValue(t *testing.T) {
	t.Parallel()
	rec := record(t, secret.Args{})
	want := map[string]any{"recoveryWindowInDays": 30.0, "tags": map[string]any{"Name": "api"}}
	if diff := cmp.Diff(want, rec.Inputs(t, secretType, "api")); diff != "" {
		t.Errorf("secret (-want +got):\n%s", diff)
	}
	if n := len(rec.Of(versionType)) + len(rec.Of(rotationType)); n != 0 {
		t.Errorf("%d versions and rotations were registered", n)
	}
}

func TestOtherAccountsAreDeniedByTheSecretItself(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := secret.New(ctx, "api", secret.Args{})
		return err
	})
	got := r.Get(policyType + " api")
	const want = `{"Version":"2012-10-17","Statement":[{"Sid":"OwnAccountOnly","Effect":"Deny","Principal":{"AWS":["*"]},` +
		`"Action":["secretsmanager:*"],"Resource":["*"],"Condition":{"Bool":{"aws:PrincipalIsAWSService":"false"},` +
		`"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`
	if diff := cmp.Diff(want, got.Input("policy")); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if got.Input("blockPublicPolicy") != true {
		t.Error("a public policy would be accepted")
	}
}

func TestTheValueIsInTheVersionAloneAndSecretThere(t *testing.T) {
	t.Parallel()
	const value = "pk-live-4711"
	rec := record(t, secret.Args{Value: pulumi.String(value)})
	want := map[string]any{"secretId": "arn:aws:secret:::api", "secretString": "[secret]"}
	if diff := cmp.Diff(want, rec.Inputs(t, versionType, "api")); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	if strings.Contains(fmt.Sprint(rec.Resources), value) {
		t.Error("the value is somewhere else, too")
	}
}

func TestDeleteAtOnceLeavesNoWayBack(t *testing.T) {
	t.Parallel()
	rec := record(t, secret.Args{DeleteAtOnce: true})
	if got := rec.Inputs(t, secretType, "api")["recoveryWindowInDays"]; got != 0.0 {
		t.Errorf("it can be brought back for %v days", got)
	}
}

func TestRotationCallsTheFunctionOnSchedule(t *testing.T) {
	t.Parallel()
	function := pulumi.String("arn:aws:lambda:::function:rotate")
	for name, tt := range map[string]struct {
		rotation secret.Rotation
		rules    map[string]any
		at       bool
	}{
		"by default every 30 days, beginning now": {
			secret.Rotation{FunctionARN: function}, map[string]any{"automaticallyAfterDays": 30.0}, true,
		},
		"on Sunday mornings": {
			secret.Rotation{FunctionARN: function, Schedule: "cron(0 4 ? * SUN *)", Window: 3 * time.Hour, NotAtOnce: true},
			map[string]any{"scheduleExpression": "cron(0 4 ? * SUN *)", "duration": "3h"}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := record(t, secret.Args{Rotation: &tt.rotation})
			want := map[string]any{
				"secretId": "arn:aws:secret:::api", "rotationLambdaArn": "arn:aws:lambda:::function:rotate",
				"rotationRules": tt.rules, "rotateImmediately": tt.at,
			}
			if diff := cmp.Diff(want, rec.Inputs(t, rotationType, "api-rotation")); diff != "" {
				t.Errorf("rotation (-want +got):\n%s", diff)
			}
			want = map[string]any{
				"function": "arn:aws:lambda:::function:rotate", "action": "lambda:InvokeFunction",
				"principal": "secretsmanager.amazonaws.com", "sourceArn": "arn:aws:secret:::api",
			}
			if diff := cmp.Diff(want, rec.Inputs(t, "aws:lambda/permission:Permission", "api-rotation")); diff != "" {
				t.Errorf("permission (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	function := pulumi.String("arn:aws:lambda:::function:rotate")
	tests := map[string]struct {
		args secret.Args
		want string
	}{
		"everything out of bounds": {
			secret.Args{
				Description: strings.Repeat("x", 2049), RecoveryDays: 31,
				Rotation: &secret.Rotation{EveryDays: 1001, Window: 90 * time.Minute},
			},
			"secret \"api\": 5 problems:\n  Description: is longer than 2048 characters\n" +
				"  RecoveryDays: 31 is not between 7 and 30\n  Rotation.FunctionARN: is missing: which function rotates?\n" +
				"  Rotation.EveryDays: 1001 is not between 1 and 1000\n  Rotation.Window: 1h30m0s is not whole hours up to 24h",
		},
		"a way back and none": {
			secret.Args{RecoveryDays: 7, DeleteAtOnce: true},
			`secret "api": RecoveryDays: what is deleted at once cannot be brought back: give RecoveryDays or DeleteAtOnce`,
		},
		"two schedules": {
			secret.Args{Rotation: &secret.Rotation{FunctionARN: function, EveryDays: 1, Schedule: "rate(1 day)"}},
			`secret "api": Rotation.EveryDays: there is a Schedule: give one of the two`,
		},
		"cron with five fields": {
			secret.Args{Rotation: &secret.Rotation{FunctionARN: function, Schedule: "cron(0 4 * * SUN)"}},
			`secret "api": Rotation.Schedule: "cron(0 4 * * SUN)" is not a schedule such as rate(10 days) or cron(0 4 ? * SUN *)`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := secret.New(ctx, "api", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func TestSecretsDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		if _, err := secret.New(ctx, "plain", secret.Args{}); err != nil {
			return err
		}
		key, err := kms.NewKey(ctx, "key", &kms.KeyArgs{})
		if err != nil {
			return err
		}
		full, err := secret.New(ctx, "full", secret.Args{
			Description: "Key of the payment service",
			Value:       pulumi.String("pk-live-4711"),
			KMSKeyARN:   key.Arn,
			Tags:        map[string]string{"owner": "payments"},
		})
		if err != nil {
			return err
		}
		ctx.Export("arn", full.ARN)
		return nil
	})
	if strings.Contains(r.Tree(), "pk-live-4711") {
		t.Error("the value stands in what a reviewer reads")
	}
	r.Settled()
	r.Golden()
}

func TestARotatedSecretDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		rotate, err := rotator(ctx)
		if err != nil {
			return err
		}
		_, err = secret.New(ctx, "api", secret.Args{
			Value:    pulumi.String("pk-live-4711"),
			Rotation: &secret.Rotation{FunctionARN: rotate.Arn, Schedule: "rate(10 days)", Window: 2 * time.Hour},
		})
		return err
	})
	rules := map[string]any{"duration": "2h", "scheduleExpression": "rate(10 days)"}
	if diff := cmp.Diff(rules, r.Get(rotationType+" api-rotation").Input("rotationRules")); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	r.Settled()
}

// rotator is a function for a rotation.
func rotator(ctx *pulumi.Context) (*lambda.Function, error) {
	role, err := iam.NewRole(ctx, "rotate", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(iampolicy.AssumedBy("lambda.amazonaws.com").JSON()),
	})
	if err != nil {
		return nil, err
	}
	return lambda.NewFunction(ctx, "rotate", &lambda.FunctionArgs{
		Role:        role.Arn,
		PackageType: pulumi.String("Image"),
		ImageUri:    pulumi.String("123456789012.dkr.ecr.eu-west-1.amazonaws.com/rotate:1"),
	})
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		api, err := secret.New(ctx, "api", secret.Args{Value: pulumi.String("in a stack: cfg.APIKey.Output()")})
		if err != nil {
			return err
		}
		ctx.Export("secretArn", api.ARN)
		return nil
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:secretsmanager/secret:Secret api
	// aws:secretsmanager/secretPolicy:SecretPolicy api
	// aws:secretsmanager/secretVersion:SecretVersion api
	// trunkline:secret:Secret api
}
