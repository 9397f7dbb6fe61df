package aws

import (
	"fmt"
	"regexp"
)

const repositoryToken = "aws:ecr/repository:Repository"

var repositoryName = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)

// ofRepository is the link of a policy to its repository, which takes it along.
var ofRepository = []Link{{
	Path: "repository", To: []Target{{repositoryToken, "name"}},
	Missing: Error{"RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry"},
}}

func repositorySetting(check func(Object) []Failure) Behaviour {
	return Behaviour{
		Check: check, Links: ofRepository,
		ID:      func(c *Call) string { return c.In.Text("repository") },
		Outputs: func(c *Call, out Object) { out["registryId"] = c.Account },
	}
}

var ecr = map[string]Behaviour{
	repositoryToken: {
		Check: all(oneOf("imageTagMutability", "MUTABLE", "IMMUTABLE"), checkRepository),
		Links: []Link{{
			Path: "encryptionConfigurations[].kmsKey", To: keyTargets, Free: []string{"alias/aws/", "arn:aws:kms:"},
			Missing: Error{"KmsException", "Key '%s' does not exist"},
		}},
		Unique: &Unique{[]string{"name"}, Error{"RepositoryAlreadyExistsException", "The repository with name '%s' already exists in the registry"}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("ecr", "repository/"+c.ID)
			out["registryId"] = c.Account
			out["repositoryUrl"] = fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", c.Account, c.Region, c.Suffix(), c.ID)
		},
	},
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":   repositorySetting(jsonText("policy")),
	"aws:ecr/repositoryPolicy:RepositoryPolicy": repositorySetting(policy("policy")),
}

func checkRepository(in Object) []Failure {
	var out []Failure
	if name := in.Text("name"); name != "" && (len(name) < 2 || len(name) > 256 || !repositoryName.MatchString(name)) {
		out = append(out, Failure{"name", fmt.Sprintf("invalid repository name %q: lower-case letters, digits and ._-/, starting with a letter or digit, 2 to 256", name)})
	}
	for _, kind := range in.text("encryptionConfigurations[].encryptionType") {
		if !contains([]string{"AES256", "KMS", "KMS_DSSE"}, kind) {
			out = append(out, Failure{"encryptionConfigurations", "expected encryptionType to be one of [AES256, KMS, KMS_DSSE], got " + kind})
		}
	}
	return out
}
