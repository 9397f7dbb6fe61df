package key_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/key"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const keyType = "aws:kms/key:Key"

func TestKeyKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:key:Key",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return key.New(ctx, name, key.Args{}, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return key.New(ctx, name, key.Args{Tags: map[string]string{"owner": "payments"}})
		},
	})
}

// everything is every argument, given.
func everything() key.Args {
	return key.Args{
		Description:    "Customer data",
		RotationDays:   90,
		DeletionDays:   7,
		Administrators: pulumi.ToStringArray([]string{"arn:aws:iam::123456789012:role/security"}),
		Users:          pulumi.ToStringArray([]string{"arn:aws:iam::123456789012:role/app"}),
		Through:        []string{"rds", "secretsmanager"},
		Services:       []string{"sns.amazonaws.com"},
		Tags:           map[string]string{"owner": "payments"},
	}
}

func record(t *testing.T, args key.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := key.New(ctx, "data", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveARotatingKeyThatTheAccountOwns(t *testing.T) {
	t.Parallel()
	rec := record(t, key.Args{})
	want := map[string]any{
		"description": "data", "enableKeyRotation": true, "rotationPeriodInDays": 365.0, "deletionWindowInDays": 30.0,
		"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"Account","Effect":"Allow",` +
			`"Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["kms:*"],"Resource":["*"]}]}`,
		"tags": map[string]any{"Name": "data"},
	}
	if diff := cmp.Diff(want, rec.Inputs(t, keyType, "data")); diff != "" {
		t.Errorf("key (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"targetKeyId": "key-data"}, rec.Inputs(t, "aws:kms/alias:Alias", "data")); diff != "" {
		t.Errorf("alias (-want +got):\n%s", diff)
	}
}

// statements are those of the policy of the key with the arguments, by whom they
// are about.
func statements(t *testing.T, args key.Args) map[string]iampolicy.Statement {
	t.Helper()
	text, _ := record(t, args).Inputs(t, keyType, "data")["policy"].(string)
	var doc struct {
		Statement []struct {
			Sid, Effect      string
			Principal        iampolicy.Principal
			Action, Resource []string
			Condition        iampolicy.Conditions
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]iampolicy.Statement{}
	for _, s := range doc.Statement {
		about := s.Sid
		if about == "" {
			about = s.Condition["StringEquals"]["kms:ViaService"] + strings.Join(s.Principal["Service"], "")
		}
		out[about] = iampolicy.Statement{Effect: iampolicy.Effect(s.Effect), Principal: s.Principal,
			Actions: s.Action, Resources: s.Resource, Condition: s.Condition}
	}
	return out
}

func TestThePolicySaysWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	got := statements(t, everything())
	crypto := []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
	app := iampolicy.Principal{"AWS": {"arn:aws:iam::123456789012:role/app"}}
	through := func(service string) iampolicy.Statement {
		return iampolicy.Statement{
			Effect: iampolicy.Allow, Principal: iampolicy.Principal{"AWS": {"*"}}, Resources: []string{"*"},
			Actions: append(crypto[:5:5], "kms:CreateGrant", "kms:ListGrants"),
			Condition: iampolicy.Conditions{"StringEquals": {
				"kms:CallerAccount": "123456789012", "kms:ViaService": service,
			}},
		}
	}
	want := map[string]iampolicy.Statement{
		"Account": got["Account"], "Administrators": got["Administrators"],
		"Users": {Effect: iampolicy.Allow, Principal: app, Actions: crypto, Resources: []string{"*"}},
		"UsersLend": {
			Effect: iampolicy.Allow, Principal: app, Resources: []string{"*"},
			Actions:   []string{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"},
			Condition: iampolicy.Conditions{"Bool": {"kms:GrantIsForAWSResource": "true"}},
		},
		"rds.eu-west-1.amazonaws.com":            through("rds.eu-west-1.amazonaws.com"),
		"secretsmanager.eu-west-1.amazonaws.com": through("secretsmanager.eu-west-1.amazonaws.com"),
		"sns.amazonaws.com": {
			Effect: iampolicy.Allow, Principal: iampolicy.Principal{"Service": {"sns.amazonaws.com"}},
			Actions: crypto, Resources: []string{"*"},
			Condition: iampolicy.Conditions{"StringEquals": {"aws:SourceAccount": "123456789012"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}

func TestAdministratorsCannotReadWhatTheKeyEncrypts(t *testing.T) {
	t.Parallel()
	s := statements(t, everything())["Administrators"]
	if diff := cmp.Diff(iampolicy.Principal{"AWS": {"arn:aws:iam::123456789012:role/security"}}, s.Principal); diff != "" {
		t.Errorf("administrators (-want +got):\n%s", diff)
	}
	for _, action := range s.Actions {
		for _, secret := range []string{"kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:Sign"} {
			if prefix, all := strings.CutSuffix(action, "*"); action == secret || all && strings.HasPrefix(secret, prefix) {
				t.Errorf("%s allows %s", action, secret)
			}
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := key.New(ctx, "data", key.Args{
			Description: strings.Repeat("x", 8193), RotationDays: 30, DeletionDays: 31,
			Through: []string{"rds.eu-west-1.amazonaws.com"}, Services: []string{"sns", "*"},
		})
		return err
	})
	const want = "key \"data\": 6 problems:\n  Description: is longer than 8192 characters\n" +
		"  RotationDays: 30 is not between 90 and 2560\n  DeletionDays: 31 is not between 7 and 30\n" +
		"  Through: \"rds.eu-west-1.amazonaws.com\" is not a service such as rds\n" +
		"  Services: \"sns\" is not a service principal such as sns.amazonaws.com\n" +
		"  Services: \"*\" is not a service principal such as sns.amazonaws.com"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if len(rec.Resources) != 0 {
		t.Errorf("%d resources were registered", len(rec.Resources))
	}
}

func TestKeysDeployAndSettle(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		if _, err := key.New(ctx, "plain", key.Args{}); err != nil {
			return err
		}
		full, err := key.New(ctx, "full", everything())
		if err != nil {
			return err
		}
		ctx.Export("arn", full.ARN)
		ctx.Export("alias", full.Alias)
		return nil
	})
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		data, err := key.New(ctx, "data", key.Args{Through: []string{"rds", "secretsmanager"}})
		if err != nil {
			return err
		}
		ctx.Export("keyArn", data.ARN)
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
	// aws:kms/alias:Alias data
	// aws:kms/key:Key data
	// trunkline:key:Key data
}
