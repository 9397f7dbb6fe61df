// Package access is the stack that lets delivery in: the roles that Trunkline
// takes in the account, and the registry to which CI pushes images. A person
// deploys it once, with their own credentials; CI does the rest.
package access

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/deployrole"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/registry"
	"github.com/trunkline-dev/trunkline/estate"
)

// Config is what an environment can choose.
type Config struct {
	GitHub   string `estate:"github" required:"true" pattern:"[^/]+/[^/]+" format:"an organisation and a repository, org/repo" doc:"repository whose workflows take the roles"`
	Provider string `estate:"identityProvider" pattern:"(arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/.+)?" format:"the ARN of an identity provider" doc:"the account's identity provider of GitHub, when there is one already; an account has only one"`
	Boundary string `estate:"boundary" pattern:"(arn:aws[a-z-]*:iam::.+)?" format:"the ARN of a policy" doc:"policy that no update can go beyond"`
	Images   int    `estate:"images" default:"30" min:"1" max:"1000" doc:"tagged images that the registry keeps"`
}

// Outputs is what people copy into the environment files and into CI.
type Outputs struct {
	PreviewRole pulumi.StringOutput `pulumi:"previewRole" doc:"role that previews take: cloud.credentials.roles.preview"`
	UpdateRole  pulumi.StringOutput `pulumi:"updateRole" doc:"role that updates take: cloud.credentials.roles.update"`
	RegistryURL pulumi.StringOutput `pulumi:"registryUrl" doc:"where CI pushes images: app.image"`
}

// Stack is the access to an environment's account.
var Stack = estate.Define("access", build,
	estate.Doc("The roles that delivery takes in the account, and the registry of its images"))

func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) {
	args := deployrole.Args{
		GitHub: cfg.GitHub,
		Environments: []deployrole.Environment{{
			Name: env.Name,
			Policies: []deployrole.Policy{
				{Name: "services", ARN: pulumi.String("arn:aws:iam::aws:policy/PowerUserAccess")},
				{Name: "roles", Document: roles()},
			},
			Boundary: optional(cfg.Boundary),
		}},
		ProviderARN: optional(cfg.Provider),
	}
	deploy, err := deployrole.New(ctx, "deploy", args)
	if err != nil {
		return nil, err
	}
	images, err := registry.New(ctx, "app", registry.Args{KeepImages: cfg.Images, DeleteImages: !env.Protect})
	if err != nil {
		return nil, err
	}
	return &Outputs{
		PreviewRole: deploy.PreviewRoleARNs.MapIndex(pulumi.String(env.Name)),
		UpdateRole:  deploy.UpdateRoleARNs.MapIndex(pulumi.String(env.Name)),
		RegistryURL: images.URL,
	}, nil
}

// optional is nil for an empty text, so that a component uses its default.
func optional(s string) pulumi.StringInput {
	if s == "" {
		return nil
	}
	return pulumi.String(s)
}

// roles lets updates make the roles that the stacks of this estate give to
// servers, functions and schedules. PowerUserAccess leaves IAM out. Who may do
// this can give a role any right: set boundary where that is too much.
func roles() iampolicy.Document {
	return iampolicy.Document{{
		Sid:    "Roles",
		Effect: iampolicy.Allow,
		Actions: []string{
			"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
			"iam:PassRole", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
			"iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:AddRoleToInstanceProfile",
			"iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile",
			"iam:CreateServiceLinkedRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies",
			"iam:ListInstanceProfilesForRole", "iam:GetInstanceProfile",
		},
		Resources: []string{"*"},
	}}
}
