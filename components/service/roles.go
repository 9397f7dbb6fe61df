package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/image"
)

// role makes a role that only ECS tasks of this account and region can have.
func (b *builder) role(name string) (*iam.Role, error) {
	return iam.NewRole(b.ctx, name, &iam.RoleArgs{
		AssumeRolePolicy: b.group.Arn.ApplyT(func(arn string) string {
			tasks := "arn:" + iampolicy.PartitionOf(arn) + ":ecs:" + iampolicy.RegionOf(arn) + ":" + iampolicy.AccountOf(arn) + ":*"
			return iampolicy.AssumedFor("ecs-tasks.amazonaws.com", tasks).JSON()
		}).(pulumi.StringOutput),
		Tags: b.tags(name),
	}, b.child)
}

func (b *builder) permit(name string, role *iam.Role, policy pulumi.StringInput) error {
	p, err := iam.NewRolePolicy(b.ctx, name, &iam.RolePolicyArgs{Role: role.Name, Policy: policy}, b.child)
	b.permissions = append(b.permissions, p)
	return err
}

// taskRole makes the role of the program, which may do what the caller says.
func (b *builder) taskRole() (err error) {
	if b.task, err = b.role(b.name); err != nil || b.args.TaskPolicy == nil {
		return err
	}
	return b.permit(b.name, b.task, b.args.TaskPolicy)
}

// executionRole makes the role with which ECS starts tasks: it may fetch these
// images, write these logs, and read these secrets.
func (b *builder) executionRole() (err error) {
	name := b.name + "-execution"
	if b.execution, err = b.role(name); err != nil {
		return err
	}
	containers := []Container{b.args.Container}
	for _, s := range b.args.Sidecars {
		containers = append(containers, s.Container)
	}
	var repositories, secrets pulumi.StringArray
	for _, c := range containers {
		repositories = append(repositories, c.Image.Repository)
		for _, key := range slices.Sorted(maps.Keys(c.Secrets)) {
			secrets = append(secrets, c.Secrets[key])
		}
	}
	policy := pulumi.All(b.group.Arn, repositories, secrets, b.args.SecretKeyARNs).ApplyT(func(v []any) (string, error) {
		doc, err := starting(v[0].(string), v[1].([]string), v[2].([]string), v[3].([]string))
		if err != nil {
			return "", fmt.Errorf("service %q: Secrets: %w", b.name, err)
		}
		return doc.JSON(), nil
	}).(pulumi.StringOutput)
	return b.permit(name, b.execution, policy)
}

// starting is what ECS needs to start a task.
func starting(logGroup string, repositories, secrets, keys []string) (iampolicy.Document, error) {
	doc := iampolicy.Document{{
		Sid: "Logs", Effect: iampolicy.Allow,
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []string{logGroup + ":*"},
	}}
	var images []string
	for _, url := range repositories {
		if arn := image.RepositoryARN(url); arn != "" && !slices.Contains(images, arn) {
			images = append(images, arn)
		}
	}
	if len(images) > 0 {
		doc = append(doc, iampolicy.Statement{
			Sid: "Images", Effect: iampolicy.Allow,
			Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
			Resources: images,
		}, iampolicy.Statement{ // a token is for all repositories, and opens none
			Sid: "Registry", Effect: iampolicy.Allow,
			Actions:   []string{"ecr:GetAuthorizationToken"},
			Resources: []string{"*"},
		})
	}
	byAction := map[string][]string{}
	for _, arn := range secrets {
		from, err := reading(arn)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(byAction[from.action], from.resource) {
			byAction[from.action] = append(byAction[from.action], from.resource)
		}
	}
	for _, action := range slices.Sorted(maps.Keys(byAction)) {
		doc = append(doc, iampolicy.Statement{Effect: iampolicy.Allow, Actions: []string{action}, Resources: byAction[action]})
	}
	if len(keys) > 0 {
		doc = append(doc, iampolicy.Statement{
			Sid: "Keys", Effect: iampolicy.Allow, Actions: []string{"kms:Decrypt"}, Resources: keys,
		})
	}
	return doc, nil
}

// source is where a secret comes from.
type source struct{ action, resource string }

// reading returns what reads the secret that an ARN names. The parts behind the
// ARN of a secret, which say which key of which version, belong to ECS.
func reading(arn string) (source, error) {
	parts := strings.Split(arn, ":")
	switch {
	case len(parts) >= 7 && parts[0] == "arn" && parts[2] == "secretsmanager" && parts[5] == "secret":
		return source{"secretsmanager:GetSecretValue", strings.Join(parts[:7], ":")}, nil
	case len(parts) == 6 && parts[0] == "arn" && parts[2] == "ssm" && strings.HasPrefix(parts[5], "parameter/"):
		return source{"ssm:GetParameters", arn}, nil
	}
	return source{}, fmt.Errorf("%q is the ARN neither of a secret of Secrets Manager nor of a parameter of SSM", arn)
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
