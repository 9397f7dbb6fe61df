package deployrole_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/deployrole"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	roleType       = "aws:iam/role:Role"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	providerType   = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
)

func smallest() deployrole.Args {
	return deployrole.Args{
		GitHub: "acme/infra",
		Environments: []deployrole.Environment{{
			Name:     "production",
			Policies: []deployrole.Policy{{Name: "power", ARN: pulumi.String("arn:aws:iam::aws:policy/PowerUserAccess")}},
		}},
	}
}

func everything() deployrole.Args {
	return deployrole.Args{
		GitLab: "acme/infra", Issuer: "https://git.acme.example/gitlab", Audience: "https://aws.acme.example", Branch: "trunk",
		ProviderARN: pulumi.String("arn:aws:iam::123456789012:oidc-provider/git.acme.example/gitlab"),
		Environments: []deployrole.Environment{{
			Name: "production",
			Policies: []deployrole.Policy{
				{Name: "queues", Document: iampolicy.Document{{Effect: iampolicy.Allow, Actions: []string{"sqs:*"}, Resources: []string{"*"}}}},
				{Name: "buckets", ARN: pulumi.String("arn:aws:iam::aws:policy/AmazonS3FullAccess")},
			},
			Boundary: pulumi.String("arn:aws:iam::123456789012:policy/boundary"),
		}},
		MaxSession: 2 * time.Hour,
		Readable:   []string{"arn:aws:s3:::acme-state/*"},
		Tags:       map[string]string{"owner": "payments"},
	}
}

func TestDeployRoleKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:deployrole:DeployRole",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return deployrole.New(ctx, name, smallest(), opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			args := smallest()
			args.Tags = map[string]string{"owner": "payments"}
			return deployrole.New(ctx, name, args)
		},
	})
}

func record(t *testing.T, args deployrole.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := deployrole.New(ctx, "ci", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestTheSmallestArgumentsBindTheRolesToTheEnvironmentOfGitHub(t *testing.T) {
	t.Parallel()
	rec := record(t, smallest())
	const statement = `{"Effect":"Allow","Principal":{"Federated":["arn:aws:openidconnectprovider:::ci"]},"Action":["sts:AssumeRoleWithWebIdentity"],` +
		`"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"%s"}}}`
	const begin, end = `{"Version":"2012-10-17","Statement":[`, `]}`
	environment := fmt.Sprintf(statement, "repo:acme/infra:environment:production")
	for _, tt := range []struct {
		typ, name string
		want      map[string]any
	}{
		{providerType, "ci", map[string]any{
			"url": "https://token.actions.githubusercontent.com", "clientIdLists": []any{"sts.amazonaws.com"}, "tags": map[string]any{"Name": "ci"},
		}},
		{roleType, "ci-production-update", map[string]any{
			"description": "Changes the environment production", "maxSessionDuration": 3600.0,
			"tags": map[string]any{"Name": "ci-production-update"}, "assumeRolePolicy": begin + environment + end,
		}},
		{attachmentType, "ci-production-update-power", map[string]any{
			"role": "ci-production-update", "policyArn": "arn:aws:iam::aws:policy/PowerUserAccess",
		}},
		{roleType, "ci-production-preview", map[string]any{
			"description": "Reads, for previews of the environment production", "maxSessionDuration": 3600.0,
			"tags": map[string]any{"Name": "ci-production-preview"},
			"assumeRolePolicy": begin + fmt.Sprintf(statement, "repo:acme/infra:pull_request") + "," +
				fmt.Sprintf(statement, "repo:acme/infra:ref:refs/heads/main") + "," + environment + end,
		}},
		{attachmentType, "ci-production-preview", map[string]any{
			"role": "ci-production-preview", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
		}},
	} {
		if diff := cmp.Diff(tt.want, rec.Inputs(t, tt.typ, tt.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// readOnly stands for AWS's ReadOnlyAccess, and grants more than that does.
var readOnly = iampolicy.Statement{Effect: iampolicy.Allow, Resources: []string{"*"}, Actions: []string{
	"*:Get*", "*:List*", "*:Describe*", "*:BatchGet*", "dynamodb:*", "sqs:ReceiveMessage", "logs:*", "kms:Decrypt", "rds:*"}}

func TestThePreviewRoleReadsHowThingsAreSetUpAndNoData(t *testing.T) {
	t.Parallel()
	args := smallest()
	plain := append(policyOf(t, record(t, args).Inputs(t, rolePolicyType, "ci-production-preview")["policy"]), readOnly)
	args.Readable = []string{"arn:aws:s3:::acme-state/*"}
	state := append(policyOf(t, record(t, args).Inputs(t, rolePolicyType, "ci-production-preview")["policy"]), readOnly)
	for _, tt := range []struct {
		action, resource string
		plain, state     bool
	}{
		{"ec2:DescribeInstances", "*", true, true},
		{"sqs:GetQueueAttributes", "arn:aws:sqs:eu-west-1:1:q", true, true},
		{"secretsmanager:DescribeSecret", "arn:aws:secretsmanager:eu-west-1:1:secret:s", true, true},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:s", false, false},
		{"secretsmanager:BatchGetSecretValue", "*", false, false},
		{"ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/ami", true, true},
		{"kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k", false, false},
		{"kms:DescribeKey", "arn:aws:kms:eu-west-1:1:key/k", true, true},
		{"s3:GetBucketPolicy", "arn:aws:s3:::acme-state", true, true},
		{"s3:GetObject", "arn:aws:s3:::acme-data/x", false, false},
		{"s3:GetObject", "arn:aws:s3:::acme-state/x", false, true},
		{"s3:GetObjectVersion", "arn:aws:s3:::acme-state2/x", false, false},
		{"dynamodb:DescribeTable", "arn:aws:dynamodb:eu-west-1:1:table/t", true, true},
		{"dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:1:table/t", false, false},
		{"dynamodb:Scan", "arn:aws:dynamodb:eu-west-1:1:table/t", false, false},
		{"sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:1:q", false, false},
		{"logs:DescribeLogGroups", "*", true, true},
		{"logs:FilterLogEvents", "*", false, false},
		{"ec2:GetPasswordData", "*", false, false},
		{"sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:1:q", false, false},
	} {
		request := iampolicy.Request{Kind: "AWS", Name: "arn:aws:iam::1:role/ci", Action: tt.action, Resource: tt.resource}
		for doc, want := range map[*iampolicy.Document]bool{&plain: tt.plain, &state: tt.state} {
			if got, err := iampolicy.Evaluate(*doc, request); err != nil || got != want {
				t.Errorf("%s on %s: %v, %v, want %v", tt.action, tt.resource, got, err, want)
			}
		}
	}
}

func TestEveryOptionReachesTheRoles(t *testing.T) {
	t.Parallel()
	rec := record(t, everything())
	if n := len(rec.Of(providerType)); n != 0 {
		t.Errorf("%d providers are created next to the one that exists", n)
	}
	want := map[string]any{
		"description": "Changes the environment production", "maxSessionDuration": 7200.0,
		"permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
		"tags":                map[string]any{"Name": "ci-production-update", "owner": "payments"},
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Federated":["arn:aws:iam::123456789012:oidc-provider/git.acme.example/gitlab"]},"Action":["sts:AssumeRoleWithWebIdentity"],` +
			`"Condition":{"StringEquals":{"git.acme.example/gitlab:aud":"https://aws.acme.example",` +
			`"git.acme.example/gitlab:sub":"project_path:acme/infra:ref_type:branch:ref:trunk"}}}]}`,
	}
	if diff := cmp.Diff(want, rec.Inputs(t, roleType, "ci-production-update")); diff != "" {
		t.Errorf("update role (-want +got):\n%s", diff)
	}
	if _, bound := rec.Inputs(t, roleType, "ci-production-preview")["permissionsBoundary"]; bound {
		t.Error("the boundary of updates is on the preview role")
	}
	queues := map[string]any{"role": "ci-production-update",
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:*"],"Resource":["*"]}]}`}
	if diff := cmp.Diff(queues, rec.Inputs(t, rolePolicyType, "ci-production-update-queues")); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestTheProviderOfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{
		"arn:aws:iam::123456789012:oidc-provider/gitlab.com",
		"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com.evil.example",
		"arn:aws:iam::123456789012:saml-provider/token.actions.githubusercontent.com",
		"token.actions.githubusercontent.com",
	} {
		args := smallest()
		args.ProviderARN = pulumi.String(arn)
		_, err := componentstest.Record(func(ctx *pulumi.Context) error {
			_, err := deployrole.New(ctx, "ci", args)
			return err
		})
		want := fmt.Sprintf(`deployrole "ci": ProviderARN: %q is not the identity provider of https://token.actions.githubusercontent.com`, arn)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error:\n%v\nwant:\n%s", err, want)
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	power := []deployrole.Policy{{Name: "power", ARN: pulumi.String("arn:aws:iam::aws:policy/PowerUserAccess")}}
	both := deployrole.Policy{Name: "power", ARN: power[0].ARN, Document: iampolicy.AssumedBy("ec2.amazonaws.com")}
	for name, tt := range map[string]struct {
		args deployrole.Args
		want string
	}{
		"nothing": {deployrole.Args{}, "deployrole \"ci\": 2 problems:\n" +
			"  GitHub: give exactly one of GitHub and GitLab\n  Environments: give at least one"},
		"patterns in GitHub": {deployrole.Args{GitHub: "acme/*", Issuer: "http://x", Audience: "*", Branch: "*", MaxSession: 13 * time.Hour,
			Readable:     []string{"*"},
			Environments: []deployrole.Environment{{Name: "prod*"}}},
			"deployrole \"ci\": 8 problems:\n  GitHub: \"acme/*\" is not a repository such as org/repo\n" +
				"  Issuer: \"http://x\" is not an address such as https://gitlab.com\n" +
				"  Audience: \"*\" is not an audience such as sts.amazonaws.com\n  Branch: \"*\" is not the name of a branch\n" +
				"  MaxSession: 13h0m0s is not between 1h0m0s and 12h0m0s\n  Readable[0]: \"*\" is not an ARN\n" +
				"  Environments[0].Name: \"prod*\" is not a name of lower-case letters, digits and hyphens\n" +
				"  Environments[0].Policies: give at least one: what updates may do"},
		"GitLab and its environments": {deployrole.Args{GitLab: "infra", MaxSession: time.Hour + time.Millisecond, Environments: []deployrole.Environment{
			{Name: "dev", ByBranch: true, Policies: []deployrole.Policy{both, {Name: "power"}}},
			{Name: "dev", Policies: power}, {Name: strings.Repeat("x", 46), Policies: power}}},
			"deployrole \"ci\": 8 problems:\n  GitLab: \"infra\" is not a project such as group/project\n" +
				"  MaxSession: 1h0m0.001s is not a whole number of seconds\n" +
				"  Environments[0].ByBranch: is for GitHub: GitLab's roles are always bound to the branch\n" +
				"  Environments[0].Policies[0]: give exactly one of Document and ARN\n  Environments[0].Policies[1].Name: \"power\" is there twice\n" +
				"  Environments[0].Policies[1]: give exactly one of Document and ARN\n" +
				"  Environments[1].Name: \"dev\" is the name of Environments[0], too\n" +
				"  Environments[2].Name: \"" + strings.Repeat("x", 46) + "\" is too long: IAM allows 56 characters for \"ci-" + strings.Repeat("x", 46) + "-preview\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := deployrole.New(ctx, "ci", tt.args)
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

func TestTheSmallestArgumentsDeployAndSettle(t *testing.T) {
	t.Parallel()
	deploys(t, smallest())
}

func TestEverythingSetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	deploys(t, everything())
}

func deploys(t *testing.T, args deployrole.Args) {
	t.Helper()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		ci, err := deployrole.New(ctx, "ci", args)
		if err != nil {
			return err
		}
		ctx.Export("update", ci.UpdateRoleARNs)
		ctx.Export("preview", ci.PreviewRoleARNs)
		return nil
	})
	r.Settled()
	r.Golden()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		ci, err := deployrole.New(ctx, "ci", deployrole.Args{
			GitHub: "acme/infra",
			Environments: []deployrole.Environment{{
				Name:     "production",
				Policies: []deployrole.Policy{{Name: "power", ARN: pulumi.String("arn:aws:iam::aws:policy/PowerUserAccess")}},
			}},
		})
		if err != nil {
			return err
		}
		ctx.Export("updateRoles", ci.UpdateRoleARNs)
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
	// aws:iam/openIdConnectProvider:OpenIdConnectProvider ci
	// aws:iam/role:Role ci-production-preview
	// aws:iam/role:Role ci-production-update
	// aws:iam/rolePolicy:RolePolicy ci-production-preview
	// aws:iam/rolePolicyAttachment:RolePolicyAttachment ci-production-preview
	// aws:iam/rolePolicyAttachment:RolePolicyAttachment ci-production-update-power
	// trunkline:deployrole:DeployRole ci
}
