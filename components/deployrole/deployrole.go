// Package deployrole provides the roles that Trunkline itself takes in an AWS
// account: one that only reads, for previews, and one that changes things, for
// each environment. CI takes them with the tokens of GitHub or GitLab; there is
// no key to keep or to lose.
package deployrole

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:deployrole:DeployRole"

// Args configures the roles. GitHub or GitLab, and at least one environment,
// must be given.
type Args struct {
	// GitHub is the repository whose workflows take the roles: "org/repo", in
	// the case in which GitHub shows it, for AWS compares it exactly.
	GitHub string
	// GitLab is the project whose pipelines take the roles: "group/project".
	GitLab string
	// Issuer is who signs the tokens: an https:// address without a port.
	// Default: that of github.com or gitlab.com; set it for a server of one's
	// own.
	Issuer string
	// Audience is whom the tokens must be for. Default "sts.amazonaws.com".
	Audience string
	// ProviderARN is the identity provider of the issuer. An account has one per
	// issuer; give it when it is there already. Default: it is created.
	ProviderARN pulumi.StringInput
	// Branch is the trunk. Default "main". Protect it: who can push to it can
	// have every update role that is bound to it.
	Branch string
	// Environments get a preview role and an update role each.
	Environments []Environment
	// MaxSession is how long a role can be kept, in whole seconds, 1 to 12
	// hours. Default one hour. An update that takes longer fails.
	MaxSession time.Duration
	// Readable are ARNs, with * for any text, that preview roles read although
	// they are data: the objects of a state bucket and the key that encrypts
	// them, or objects and secrets that a stack manages, when their drift should
	// be found.
	Readable []string
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Environment is one environment of Trunkline in the account.
type Environment struct {
	// Name is the environment's name, and that of the GitHub environment whose
	// jobs take the update role. Let GitHub deploy to it from the trunk only:
	// a job of any branch can name it.
	Name string
	// ByBranch binds the update role to jobs on Branch which name no GitHub
	// environment. Workflows of the event pull_request_target run with the
	// rights of the trunk, too: have none that runs what a pull request brings.
	// Tokens of GitLab do not have the environment; there it is always so.
	ByBranch bool
	// Policies say what updates may do. At least one is needed.
	Policies []Policy
	// Boundary is the ARN of a policy that no update can go beyond, whatever
	// Policies say. Default: none.
	Boundary pulumi.StringInput
}

// Policy is something that updates may do: a document, or a policy that exists.
type Policy struct {
	// Name is different from those of the environment's other policies.
	Name string
	// Document is written into the role.
	Document iampolicy.Document
	// ARN is that of a policy of AWS or of the account.
	ARN pulumi.StringInput
}

// DeployRole is an identity provider and, for each environment, two roles.
//
// The preview role can be taken by every job of the repository: on GitHub by
// those of pull requests, of the trunk and of the environment, on GitLab by those
// of any branch. It has AWS's ReadOnlyAccess without the data: values of secrets,
// decryption, objects, items, messages and logs are denied, because the code of
// a pull request is not yet reviewed when its preview runs.
//
// The update role can only be taken by jobs of the environment, or on the trunk;
// a job of a pull request has another subject in its token.
//
// The parts cost nothing.
type DeployRole struct {
	pulumi.ResourceState

	// ProviderARN is that of the identity provider.
	ProviderARN pulumi.StringOutput `pulumi:"providerArn"`
	// PreviewRoleARNs are the read-only roles by environment.
	PreviewRoleARNs pulumi.StringMapOutput `pulumi:"previewRoleArns"`
	// UpdateRoleARNs are the roles that change things by environment.
	UpdateRoleARNs pulumi.StringMapOutput `pulumi:"updateRoleArns"`
}

// New creates the roles. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*DeployRole, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &DeployRole{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(self)}
	if err := b.provider(); err != nil {
		return nil, err
	}
	preview, update := pulumi.StringMap{}, pulumi.StringMap{}
	for _, env := range args.Environments {
		p, err := b.preview(env)
		if err != nil {
			return nil, err
		}
		u, err := b.update(env)
		if err != nil {
			return nil, err
		}
		preview[env.Name], update[env.Name] = p.Arn, u.Arn
	}
	self.ProviderARN = b.providerARN
	self.PreviewRoleARNs, self.UpdateRoleARNs = preview.ToStringMapOutput(), update.ToStringMapOutput()
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"providerArn": self.ProviderARN, "previewRoleArns": self.PreviewRoleARNs, "updateRoleArns": self.UpdateRoleARNs,
	})
}

// builder makes the parts, step by step.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOption

	providerARN pulumi.StringOutput
}

// provider creates the identity provider, or looks that the one that exists is
// the issuer's: a role that trusts another could be taken by strangers.
func (b *builder) provider() error {
	if b.args.ProviderARN != nil {
		b.providerARN = b.args.ProviderARN.ToStringOutput().ApplyT(func(arn string) (string, error) {
			if !isProvider(arn, b.args.Issuer) {
				return "", fmt.Errorf("deployrole %q: ProviderARN: %q is not the identity provider of %s", b.name, arn, b.args.Issuer)
			}
			return arn, nil
		}).(pulumi.StringOutput)
		return nil
	}
	provider, err := iam.NewOpenIdConnectProvider(b.ctx, b.name, &iam.OpenIdConnectProviderArgs{
		Url:           pulumi.String(b.args.Issuer),
		ClientIdLists: pulumi.ToStringArray([]string{b.args.Audience}),
		Tags:          tags.Named(b.name, b.args.Tags),
	}, b.child)
	if err != nil {
		return err
	}
	b.providerARN = provider.Arn
	return nil
}

// preview makes the role that only reads.
func (b *builder) preview(env Environment) (*iam.Role, error) {
	name := b.name + "-" + env.Name + "-preview"
	role, err := b.role(name, "Reads, for previews of the environment "+env.Name, b.args.previewSubjects(env), nil)
	if err != nil {
		return nil, err
	}
	if _, err := iam.NewRolePolicyAttachment(b.ctx, name, &iam.RolePolicyAttachmentArgs{
		Role: role.Name,
		PolicyArn: b.providerARN.ApplyT(func(arn string) string {
			return "arn:" + iampolicy.PartitionOf(arn) + ":iam::aws:policy/ReadOnlyAccess"
		}).(pulumi.StringOutput),
	}, b.child); err != nil {
		return nil, err
	}
	_, err = iam.NewRolePolicy(b.ctx, name, &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: pulumi.String(noData(b.args.Readable).JSON()),
	}, b.child)
	return role, err
}

// update makes the role that changes things.
func (b *builder) update(env Environment) (*iam.Role, error) {
	name := b.name + "-" + env.Name + "-update"
	role, err := b.role(name, "Changes the environment "+env.Name, b.args.updateSubjects(env), env.Boundary)
	if err != nil {
		return nil, err
	}
	for _, p := range env.Policies {
		if p.ARN != nil {
			_, err = iam.NewRolePolicyAttachment(b.ctx, name+"-"+p.Name, &iam.RolePolicyAttachmentArgs{
				Role: role.Name, PolicyArn: p.ARN,
			}, b.child)
		} else {
			_, err = iam.NewRolePolicy(b.ctx, name+"-"+p.Name, &iam.RolePolicyArgs{
				Role: role.Name, Policy: pulumi.String(p.Document.JSON()),
			}, b.child)
		}
		if err != nil {
			return nil, err
		}
	}
	return role, nil
}

func (b *builder) role(name, description string, subjects []subject, boundary pulumi.StringInput) (*iam.Role, error) {
	args := &iam.RoleArgs{
		Description: pulumi.String(description),
		AssumeRolePolicy: b.providerARN.ApplyT(func(arn string) string {
			return trust(arn, b.args.Issuer, b.args.Audience, subjects).JSON()
		}).(pulumi.StringOutput),
		MaxSessionDuration: pulumi.Int(b.args.MaxSession / time.Second),
		Tags:               tags.Named(name, b.args.Tags),
	}
	if boundary != nil {
		args.PermissionsBoundary = boundary.ToStringOutput().ToStringPtrOutput()
	}
	return iam.NewRole(b.ctx, name, args, b.child)
}
