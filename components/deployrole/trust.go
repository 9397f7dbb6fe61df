package deployrole

import (
	"strings"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// The issuers of the two hosted forges.
const (
	githubIssuer = "https://token.actions.githubusercontent.com"
	gitlabIssuer = "https://gitlab.com"
)

// subject is who may take a role: the subject of a token, exactly, or a pattern.
type subject struct {
	text    string
	pattern bool
}

// updateSubjects are the jobs that take the update role of the environment.
//
// The forms of GitHub's subjects are those of "OpenID Connect reference" in its
// documentation, those of GitLab's of "OpenID Connect (OIDC) Authentication
// Using ID Tokens". A job that names an environment has that one in its subject
// and nothing of the branch.
func (a Args) updateSubjects(env Environment) []subject {
	switch {
	case a.GitLab != "":
		return []subject{{text: "project_path:" + a.GitLab + ":ref_type:branch:ref:" + a.Branch}}
	case env.ByBranch:
		return []subject{{text: "repo:" + a.GitHub + ":ref:refs/heads/" + a.Branch}}
	}
	return []subject{{text: "repo:" + a.GitHub + ":environment:" + env.Name}}
}

// previewSubjects are the jobs that take the preview role of the environment.
func (a Args) previewSubjects(env Environment) []subject {
	if a.GitLab != "" {
		return []subject{{text: "project_path:" + a.GitLab + ":ref_type:branch:ref:*", pattern: true}}
	}
	out := []subject{
		{text: "repo:" + a.GitHub + ":pull_request"},
		{text: "repo:" + a.GitHub + ":ref:refs/heads/" + a.Branch},
	}
	if !env.ByBranch {
		out = append(out, a.updateSubjects(env)...)
	}
	return out
}

// trust is the policy of a role that is taken with tokens of the issuer, for the
// audience, with one of the subjects.
func trust(providerARN, issuer, audience string, subjects []subject) iampolicy.Document {
	host := hostOf(issuer)
	var doc iampolicy.Document
	for _, s := range subjects {
		must := iampolicy.Conditions{"StringEquals": {host + ":aud": audience}}
		if s.pattern {
			must["StringLike"] = map[string]string{host + ":sub": s.text}
		} else {
			must["StringEquals"][host+":sub"] = s.text
		}
		doc = append(doc, iampolicy.Statement{
			Effect:    iampolicy.Allow,
			Principal: iampolicy.Principal{"Federated": {providerARN}},
			Actions:   []string{"sts:AssumeRoleWithWebIdentity"},
			Condition: must,
		})
	}
	return doc
}

// hostOf is the issuer as AWS names it in ARNs and in conditions.
func hostOf(issuer string) string { return strings.TrimPrefix(issuer, "https://") }

// isProvider tells whether the ARN is that of the issuer's identity provider.
func isProvider(arn, issuer string) bool {
	_, host, found := strings.Cut(arn, ":oidc-provider/")
	return found && host == hostOf(issuer) && iampolicy.AccountOf(arn) != "" &&
		strings.HasPrefix(arn, "arn:"+iampolicy.PartitionOf(arn)+":iam::")
}
