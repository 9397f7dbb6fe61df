package componentstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func recordsItself(s Subject) ([]string, error) {
	rec, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	self, ok := rec.Get(s.Token, "main")
	switch {
	case !ok:
		return []string{fmt.Sprintf("no resource of type %s; the type of a component never changes", s.Token)}, nil
	case self.Custom:
		return []string{s.Token + " is a resource of a provider, not a component"}, nil
	case len(self.Inputs) == 0:
		return []string{s.Token + " has no inputs: use RegisterComponentResourceV2"}, nil
	}
	return nil, nil
}

func ownsItsChildren(s Subject) (out []string, _ error) {
	rec, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	for _, r := range rec.Resources {
		if r.Type == s.Token {
			continue
		}
		// What belongs to a component inside belongs to this one.
		if r.Parent != s.Token+" main" && !rec.component(r.Parent) {
			out = append(out, fmt.Sprintf("%s has the parent %q", r.Key(), r.Parent))
		}
		if r.Name != "main" && !strings.HasPrefix(r.Name, "main-") {
			out = append(out, r.Key()+" is not named after its component")
		}
	}
	return out, nil
}

// fixesNoNames refuses names that would make a second instance, or a
// replacement that is created before the old one is deleted, impossible.
func fixesNoNames(s Subject) (out []string, _ error) {
	rec, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	for _, r := range rec.Resources {
		if slices.Contains(named, r.Type) {
			continue
		}
		keys := []string{"name", "namePrefix", "bucketPrefix"}
		if r.Type == "aws:s3/bucketV2:BucketV2" {
			keys = append(keys, "bucket") // elsewhere it refers to a bucket
		}
		for _, key := range keys {
			if v, ok := r.Inputs[key]; ok && r.Custom {
				out = append(out, fmt.Sprintf("%s fixes %s = %v", r.Key(), key, v))
			}
		}
	}
	return out, nil
}

// named are the types of AWS whose name says what they are, such as a domain.
var named = []string{"aws:route53/zone:Zone", "aws:route53/record:Record"}

func setsOutputs(s Subject) (out []string, _ error) {
	rec, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	components := 0
	for _, r := range rec.Resources {
		if !r.Custom {
			components++
		}
	}
	if rec.Completed != components {
		out = append(out, fmt.Sprintf("outputs were registered %d times, want once for each of %d components", rec.Completed, components))
	}
	fields, values, err := s.settled()
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		out = append(out, "it has no outputs")
	}
	for _, field := range fields {
		if v, ok := values[field]; !ok || reflect.ValueOf(v).IsZero() {
			out = append(out, fmt.Sprintf("output %s is empty", field))
		}
	}
	return out, nil
}

// untagged are the types of AWS that have no tags.
var untagged = []string{
	"aws:s3/bucketPolicy:BucketPolicy",
	"aws:s3/bucketVersioningV2:BucketVersioningV2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:cloudfront/originAccessControl:OriginAccessControl",
	"aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
	"aws:route53/record:Record",
	"aws:acm/certificateValidation:CertificateValidation",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy",
	"aws:ecr/repositoryPolicy:RepositoryPolicy",
	"aws:sqs/queuePolicy:QueuePolicy",
	"aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
	"aws:sns/topicPolicy:TopicPolicy",
	"aws:sns/topicSubscription:TopicSubscription",
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
	"aws:lambda/permission:Permission",
	"aws:scheduler/schedule:Schedule",
	"aws:appautoscaling/policy:Policy",
	"aws:iam/rolePolicy:RolePolicy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:kms/alias:Alias",
	"aws:lambda/permission:Permission",
	"aws:secretsmanager/secretPolicy:SecretPolicy",
	"aws:secretsmanager/secretRotation:SecretRotation",
	"aws:secretsmanager/secretVersion:SecretVersion",
	"aws:ec2/route:Route",
	"aws:ec2/routeTableAssociation:RouteTableAssociation",
}

func passesTagsOn(s Subject) (out []string, _ error) {
	rec, err := Record(func(ctx *pulumi.Context) error {
		_, err := s.NewTagged(ctx, "main")
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rec.Resources {
		tags, _ := r.Inputs["tags"].(map[string]any)
		if r.Custom && tags["owner"] != "payments" && !slices.Contains(untagged, r.Type) {
			out = append(out, fmt.Sprintf("%s has the tags %v, and not the owner that it was given; if AWS gives it none, list its type in untagged", r.Key(), tags))
		}
	}
	return out, nil
}

func previewsTheSame(s Subject) ([]string, error) {
	done, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	preview, err := Preview(s.small)
	if err != nil {
		return []string{fmt.Sprintf("the first preview fails: %v", err)}, nil
	}
	if got, want := keys(preview), keys(done); !slices.Equal(got, want) {
		return []string{fmt.Sprintf("previewed %v, updated %v", got, want)}, nil
	}
	return nil, nil
}

func canBeTwo(s Subject) ([]string, error) {
	one, err := Record(s.small)
	if err != nil {
		return nil, err
	}
	two, err := Record(func(ctx *pulumi.Context) error {
		if _, err := s.New(ctx, "main"); err != nil {
			return err
		}
		_, err := s.New(ctx, "other")
		return err
	})
	if err != nil {
		return []string{err.Error()}, nil
	}
	if got, want := len(two.Resources), 2*len(one.Resources); got != want {
		return []string{fmt.Sprintf("two of them are %d resources, want %d", got, want)}, nil
	}
	return nil, nil
}

func passesOptionsOn(s Subject) (out []string, _ error) {
	rec, err := Record(func(ctx *pulumi.Context) error {
		_, err := s.New(ctx, "main", pulumi.Protect(true))
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rec.Resources {
		if !r.Protected {
			out = append(out, r.Key()+" is not protected")
		}
	}
	return out, nil
}

func keys(rec *Recording) []string {
	out := make([]string, len(rec.Resources))
	for i, r := range rec.Resources {
		out[i] = r.Key()
	}
	return out
}

// component tells whether the key is that of a component of the recording that
// is inside another.
func (r *Recording) component(key string) bool {
	for _, res := range r.Resources {
		if res.Key() == key {
			return !res.Custom && res.Parent != ""
		}
	}
	return false
}
