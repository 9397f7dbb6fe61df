// Package registry provides an ECR repository for container images.
package registry

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:registry:Registry"

// Args configures a repository. The zero value is encrypted, scans what is
// pushed, lets no tag move, and keeps the latest 100 images.
type Args struct {
	// MutableTags lets a tag be pushed again, for another image. What was
	// reviewed is then not surely what runs.
	MutableTags bool
	// KeepImages is how many tagged images are kept, the latest, 1 to 10000.
	// Default 100. An image that still runs can be among those that go.
	KeepImages int
	// UntaggedDays is after how many days an image without a tag goes, 1 to 3650.
	// Default 14.
	UntaggedDays int
	// PullAccounts are the other accounts that may pull, such as that of
	// production.
	PullAccounts []string
	// KMSKeyARN encrypts with this key. Default: ECR's own, which is free.
	// Changing it replaces the repository.
	KMSKeyARN pulumi.StringInput
	// DeleteImages lets the repository be deleted while there are images in it.
	DeleteImages bool
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Registry is a private ECR repository. It costs 0.10 USD per GB and month.
type Registry struct {
	pulumi.ResourceState

	// URL is the name of an image without its tag.
	URL pulumi.StringOutput `pulumi:"url"`
	// ARN names the repository in policies.
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Name is the physical name.
	Name pulumi.StringOutput `pulumi:"name"`
}

// New creates a repository. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Registry, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Registry{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	repository, err := args.repository(ctx, name, child)
	if err != nil {
		return nil, err
	}
	if _, err := ecr.NewLifecyclePolicy(ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name, Policy: pulumi.String(lifecycle(args.KeepImages, args.UntaggedDays)),
	}, child); err != nil {
		return nil, err
	}
	if len(args.PullAccounts) > 0 {
		if _, err := ecr.NewRepositoryPolicy(ctx, name, &ecr.RepositoryPolicyArgs{
			Repository: repository.Name,
			Policy: repository.Arn.ApplyT(func(arn string) string {
				return pulledBy(iampolicy.PartitionOf(arn), args.PullAccounts).JSON()
			}).(pulumi.StringOutput),
		}, child); err != nil {
			return nil, err
		}
	}
	self.URL, self.ARN, self.Name = repository.RepositoryUrl, repository.Arn, repository.Name
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"url": self.URL, "arn": self.ARN, "name": self.Name})
}

func (a Args) repository(ctx *pulumi.Context, name string, child pulumi.ResourceOption) (*ecr.Repository, error) {
	encryption := ecr.RepositoryEncryptionConfigurationArgs{EncryptionType: pulumi.String("AES256")}
	if a.KMSKeyARN != nil {
		encryption.EncryptionType = pulumi.String("KMS")
		encryption.KmsKey = a.KMSKeyARN.ToStringOutput().ToStringPtrOutput()
	}
	mutability := "IMMUTABLE"
	if a.MutableTags {
		mutability = "MUTABLE"
	}
	return ecr.NewRepository(ctx, name, &ecr.RepositoryArgs{
		EncryptionConfigurations:   ecr.RepositoryEncryptionConfigurationArray{encryption},
		ForceDelete:                pulumi.Bool(a.DeleteImages),
		ImageScanningConfiguration: ecr.RepositoryImageScanningConfigurationArgs{ScanOnPush: pulumi.Bool(true)},
		ImageTagMutability:         pulumi.String(mutability),
		Tags:                       tags.Named(name, a.Tags),
	}, child)
}

// selection and rule are parts of ECR's lifecycle policy.
type selection struct {
	TagStatus      string   `json:"tagStatus"`
	TagPatternList []string `json:"tagPatternList,omitempty"`
	CountType      string   `json:"countType"`
	CountUnit      string   `json:"countUnit,omitempty"`
	CountNumber    int      `json:"countNumber"`
}

type rule struct {
	RulePriority int               `json:"rulePriority"`
	Description  string            `json:"description"`
	Selection    selection         `json:"selection"`
	Action       map[string]string `json:"action"`
}

// lifecycle is the policy that keeps so many tagged images, and the others for
// so many days.
func lifecycle(keep, days int) string {
	expire := map[string]string{"type": "expire"}
	b, err := json.Marshal(map[string][]rule{"rules": {
		{1, fmt.Sprintf("Images without a tag go after %d days", days),
			selection{TagStatus: "untagged", CountType: "sinceImagePushed", CountUnit: "days", CountNumber: days}, expire},
		{2, fmt.Sprintf("The latest %d images stay", keep),
			selection{TagStatus: "tagged", TagPatternList: []string{"*"}, CountType: "imageCountMoreThan", CountNumber: keep}, expire},
	}})
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return string(b)
}

// pulledBy lets other accounts pull, and decide who of theirs does.
func pulledBy(partition string, accounts []string) iampolicy.Document {
	var roots []string
	for _, account := range accounts {
		roots = append(roots, "arn:"+partition+":iam::"+account+":root")
	}
	return iampolicy.Document{{
		Sid:       "Pull",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": roots},
		Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
	}}
}

func (a Args) withDefaults() Args {
	if a.KeepImages == 0 {
		a.KeepImages = 100
	}
	if a.UntaggedDays == 0 {
		a.UntaggedDays = 14
	}
	return a
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func (a Args) check(name string) error {
	var p check.Problems
	check.Between(&p, "KeepImages", a.KeepImages, 1, 10000)
	check.Between(&p, "UntaggedDays", a.UntaggedDays, 1, 3650)
	for i, account := range a.PullAccounts {
		if !accountID.MatchString(account) {
			p.Addf(fmt.Sprintf("PullAccounts[%d]", i), "%q is not the twelve digits of an account", account)
		}
	}
	return p.Err("registry", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"mutableTags":  pulumi.Bool(a.MutableTags),
		"keepImages":   pulumi.Int(a.KeepImages),
		"untaggedDays": pulumi.Int(a.UntaggedDays),
		"deleteImages": pulumi.Bool(a.DeleteImages),
	}
	if len(a.PullAccounts) > 0 {
		m["pullAccounts"] = pulumi.ToStringArray(a.PullAccounts)
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
