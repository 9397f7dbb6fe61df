package ci

import (
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// credentials are variables that open a cloud, a state or the secrets of an
// estate. The tokens of the forge are not among them: a forge gives a job for a
// fork one that may only read.
var credentials = []string{
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN", "ARM_CLIENT_CERTIFICATE_PATH", "PGPASSWORD", "PGPASSFILE",
	"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITLAB_OIDC_TOKEN", "CI_JOB_JWT",
	"GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET",
	"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "VAULT_TOKEN", "CLOUDFLARE_API_TOKEN", "KUBECONFIG",
}

// guardFork refuses a job for a fork that has credentials at all: the program of
// a fork is built and run in it, and what is not there cannot leak.
func guardFork(c Context, getenv func(string) string) error {
	if !c.Fork {
		return nil
	}
	var found []string
	for _, name := range credentials {
		if getenv(name) != "" {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &gitops.Error{
		Kind: gitops.Denied,
		What: "this is the code of a fork in a job that has credentials: " + strings.Join(found, ", "),
		Next: "take them out of jobs for forks: such pull requests are reviewed by what their program registers, without any",
	}
}
