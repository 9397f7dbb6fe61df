package deployrole

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

var (
	githubRepository = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)
	gitlabProject    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$`)
	branchName       = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/+-]*$`)
	partOfName       = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	audienceText     = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,255}$`)
)

func (a Args) withDefaults() Args {
	if a.Issuer == "" && a.GitHub != "" {
		a.Issuer = githubIssuer
	}
	if a.Issuer == "" && a.GitLab != "" {
		a.Issuer = gitlabIssuer
	}
	if a.Audience == "" {
		a.Audience = "sts.amazonaws.com"
	}
	if a.Branch == "" {
		a.Branch = "main"
	}
	if a.MaxSession == 0 {
		a.MaxSession = time.Hour
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	switch {
	case (a.GitHub == "") == (a.GitLab == ""):
		p.Addf("GitHub", "give exactly one of GitHub and GitLab")
	case a.GitHub != "" && !githubRepository.MatchString(a.GitHub):
		p.Addf("GitHub", "%q is not a repository such as org/repo", a.GitHub)
	case a.GitLab != "" && !gitlabProject.MatchString(a.GitLab):
		p.Addf("GitLab", "%q is not a project such as group/project", a.GitLab)
	}
	if u, err := url.Parse(a.Issuer); a.Issuer != "" &&
		(err != nil || u.Scheme != "https" || u.Host == "" || u.Port() != "" || a.Issuer != "https://"+u.Host+u.Path || strings.HasSuffix(a.Issuer, "/")) {
		p.Addf("Issuer", "%q is not an address such as %s", a.Issuer, gitlabIssuer)
	}
	if !audienceText.MatchString(a.Audience) {
		p.Addf("Audience", "%q is not an audience such as sts.amazonaws.com", a.Audience)
	}
	if !branchName.MatchString(a.Branch) {
		p.Addf("Branch", "%q is not the name of a branch", a.Branch)
	}
	check.Between(&p, "MaxSession", a.MaxSession, time.Hour, 12*time.Hour)
	if a.MaxSession%time.Second != 0 {
		p.Addf("MaxSession", "%v is not a whole number of seconds", a.MaxSession)
	}
	for i, arn := range a.Readable {
		if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 5 {
			p.Addf(fmt.Sprintf("Readable[%d]", i), "%q is not an ARN", arn)
		}
	}
	a.checkEnvironments(&p, name)
	return p.Err("deployrole", name)
}

func (a Args) checkEnvironments(p *check.Problems, name string) {
	if len(a.Environments) == 0 {
		p.Addf("Environments", "give at least one")
	}
	first := map[string]int{}
	for i, env := range a.Environments {
		field := fmt.Sprintf("Environments[%d]", i)
		j, twice := first[env.Name]
		switch {
		case !partOfName.MatchString(env.Name):
			p.Addf(field+".Name", "%q is not a name of lower-case letters, digits and hyphens", env.Name)
		case twice:
			p.Addf(field+".Name", "%q is the name of Environments[%d], too", env.Name, j)
		case len(name+"-"+env.Name+"-preview") > longestRole:
			p.Addf(field+".Name", "%q is too long: IAM allows %d characters for %q", env.Name, longestRole, name+"-"+env.Name+"-preview")
		default:
			first[env.Name] = i
		}
		if env.ByBranch && a.GitLab != "" {
			p.Addf(field+".ByBranch", "is for GitHub: GitLab's roles are always bound to the branch")
		}
		env.checkPolicies(p, field)
	}
}

// longestRole is IAM's limit without the hyphen and seven digits that make a
// role's name unique.
const longestRole = 64 - 8

func (e Environment) checkPolicies(p *check.Problems, field string) {
	if len(e.Policies) == 0 {
		p.Addf(field+".Policies", "give at least one: what updates may do")
	}
	seen := map[string]bool{}
	for i, policy := range e.Policies {
		at := fmt.Sprintf("%s.Policies[%d]", field, i)
		switch {
		case !partOfName.MatchString(policy.Name):
			p.Addf(at+".Name", "%q is not a name of lower-case letters, digits and hyphens", policy.Name)
		case seen[policy.Name]:
			p.Addf(at+".Name", "%q is there twice", policy.Name)
		}
		seen[policy.Name] = true
		if (len(policy.Document) > 0) == (policy.ARN != nil) {
			p.Addf(at, "give exactly one of Document and ARN")
		}
	}
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	environments := pulumi.StringArray{}
	for _, env := range a.Environments {
		environments = append(environments, pulumi.String(env.Name))
	}
	m := pulumi.Map{
		"issuer":       pulumi.String(a.Issuer),
		"audience":     pulumi.String(a.Audience),
		"branch":       pulumi.String(a.Branch),
		"environments": environments,
		"maxSession":   pulumi.String(a.MaxSession.String()),
	}
	if a.GitHub != "" {
		m["gitHub"] = pulumi.String(a.GitHub)
	} else {
		m["gitLab"] = pulumi.String(a.GitLab)
	}
	if a.ProviderARN != nil {
		m["providerArn"] = a.ProviderARN
	}
	if len(a.Readable) > 0 {
		m["readable"] = pulumi.ToStringArray(a.Readable)
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
