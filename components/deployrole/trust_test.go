package deployrole_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/components/deployrole"
	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

const (
	github = "token.actions.githubusercontent.com"
	gitlab = "gitlab.com"
)

// policyOf reads a policy from the text that AWS would be given.
func policyOf(t *testing.T, text any) iampolicy.Document {
	t.Helper()
	var doc struct {
		Version   string
		Statement iampolicy.Document
	}
	dec := json.NewDecoder(bytes.NewBufferString(text.(string)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || doc.Version != "2012-10-17" {
		t.Fatalf("%v in %s", err, text)
	}
	return doc.Statement
}

// trustOf returns who can take a role that was registered.
func trustOf(t *testing.T, args deployrole.Args, role string) iampolicy.Document {
	t.Helper()
	return policyOf(t, record(t, args).Inputs(t, roleType, role)["assumeRolePolicy"])
}

// token is what a job shows to AWS. AWS itself checks who signed it.
type token struct{ issuer, audience, subject string }

// takes asks the policy whether a job with the token gets the role.
func (k token) takes(t interface{ Fatalf(string, ...any) }, doc iampolicy.Document) bool {
	allowed, err := iampolicy.Evaluate(doc, iampolicy.Request{
		Kind: "Federated", Name: "arn:aws:iam::123456789012:oidc-provider/" + k.issuer,
		Action:  "sts:AssumeRoleWithWebIdentity",
		Context: map[string]string{k.issuer + ":aud": k.audience, k.issuer + ":sub": k.subject},
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return allowed
}

// existing is args with a provider whose ARN is the one of takes.
func existing(args deployrole.Args, issuer string) deployrole.Args {
	args.ProviderARN = pulumi.String("arn:aws:iam::123456789012:oidc-provider/" + issuer)
	return args
}

func forGitHub() deployrole.Args {
	args := smallest()
	args.Environments = append(args.Environments,
		deployrole.Environment{Name: "staging", ByBranch: true, Policies: args.Environments[0].Policies})
	return existing(args, github)
}

func forGitLab() deployrole.Args {
	args := smallest()
	args.GitHub, args.GitLab = "", "acme/platform/infra"
	return existing(args, gitlab)
}

func TestWhoTakesWhichRole(t *testing.T) {
	t.Parallel()
	roles := map[string]iampolicy.Document{}
	for _, role := range []string{"ci-production-update", "ci-production-preview", "ci-staging-update", "ci-staging-preview"} {
		roles[role] = trustOf(t, forGitHub(), role)
	}
	roles["gitlab update"] = trustOf(t, forGitLab(), "ci-production-update")
	roles["gitlab preview"] = trustOf(t, forGitLab(), "ci-production-preview")
	ofGitHub := func(subject string) token { return token{github, "sts.amazonaws.com", subject} }
	ofGitLab := func(subject string) token { return token{gitlab, "sts.amazonaws.com", subject} }
	previews := []string{"ci-production-preview", "ci-staging-preview"}
	for name, tt := range map[string]struct {
		token token
		want  []string
	}{
		"a pull request":                           {ofGitHub("repo:acme/infra:pull_request"), previews},
		"the trunk":                                {ofGitHub("repo:acme/infra:ref:refs/heads/main"), append(previews, "ci-staging-update")},
		"the environment":                          {ofGitHub("repo:acme/infra:environment:production"), []string{"ci-production-preview", "ci-production-update"}},
		"an environment that is by trunk":          {ofGitHub("repo:acme/infra:environment:staging"), nil},
		"another environment":                      {ofGitHub("repo:acme/infra:environment:development"), nil},
		"a look-alike environment":                 {ofGitHub("repo:acme/infra:environment:production2"), nil},
		"another case":                             {ofGitHub("repo:acme/infra:environment:Production"), nil},
		"another branch":                           {ofGitHub("repo:acme/infra:ref:refs/heads/feature"), nil},
		"a branch below the trunk's name":          {ofGitHub("repo:acme/infra:ref:refs/heads/main/x"), nil},
		"a tag with the trunk's name":              {ofGitHub("repo:acme/infra:ref:refs/tags/main"), nil},
		"a fork":                                   {ofGitHub("repo:mallory/infra:environment:production"), nil},
		"a fork's trunk":                           {ofGitHub("repo:mallory/infra:ref:refs/heads/main"), nil},
		"a look-alike repository":                  {ofGitHub("repo:acme/infra2:environment:production"), nil},
		"a look-alike organisation":                {ofGitHub("repo:acme-/infra:environment:production"), nil},
		"a repository in front":                    {ofGitHub("repo:x/repo:acme/infra:environment:production"), nil},
		"a pull request to an environment by name": {ofGitHub("repo:acme/infra:pull_request:environment:production"), nil},
		"another audience":                         {token{github, "https://github.com/acme", "repo:acme/infra:environment:production"}, nil},
		"another issuer":                           {token{"evil.example", "sts.amazonaws.com", "repo:acme/infra:environment:production"}, nil},
		"an issuer below":                          {token{github + "/acme", "sts.amazonaws.com", "repo:acme/infra:environment:production"}, nil},
		"GitLab's trunk":                           {ofGitLab("project_path:acme/platform/infra:ref_type:branch:ref:main"), []string{"gitlab preview", "gitlab update"}},
		"GitLab's other branch":                    {ofGitLab("project_path:acme/platform/infra:ref_type:branch:ref:feature/x"), []string{"gitlab preview"}},
		"GitLab's tag":                             {ofGitLab("project_path:acme/platform/infra:ref_type:tag:ref:main"), nil},
		"another project of GitLab":                {ofGitLab("project_path:acme/platform/infra2:ref_type:branch:ref:main"), nil},
		"a look-alike project of GitLab":           {ofGitLab("project_path:mallory/acme/platform/infra:ref_type:branch:ref:main"), nil},
		"a token without a subject":                {ofGitHub(""), nil},
	} {
		var got []string
		for role, doc := range roles {
			if tt.token.takes(t, doc) {
				got = append(got, role)
			}
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(tt.want)); !slices.Equal(got, want) {
			t.Errorf("%s: takes %q, want %q", name, got, want)
		}
	}
}

// subjects draws tokens that look like the right one: its parts in other
// places, with other letters, with what matches anything, or with more at an end.
func subjects(t *rapid.T, right string) string {
	parts := strings.Split(right, ":")
	spare := []string{"pull_request", "*", "?", "", "repo", "acme/infra", "acme/infra2", "mallory/infra", "environment",
		"production", "staging", "ref", "refs/heads/main", "refs/heads/feature", "refs/tags/main", "main", "ref_type", "branch", "tag"}
	part := rapid.SampledFrom(append(spare, parts...))
	switch rapid.IntRange(0, 4).Draw(t, "way") {
	case 0: // parts in any order
		return strings.Join(rapid.SliceOfN(part, 0, 7).Draw(t, "parts"), ":")
	case 1: // one part is another
		i := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
		return strings.Join(slices.Replace(slices.Clone(parts), i, i+1, part.Draw(t, "other")), ":")
	case 2: // one letter is another, or in another case, or gone
		i := rapid.IntRange(0, len(right)-1).Draw(t, "letter")
		return right[:i] + rapid.SampledFrom([]string{"", "*", "?", " ", "\n", "x", strings.ToUpper(right[i : i+1])}).Draw(t, "other") + right[i+1:]
	case 3: // more in front or behind
		return rapid.StringN(0, 3, -1).Draw(t, "front") + right + rapid.StringN(0, 3, -1).Draw(t, "behind")
	}
	return rapid.String().Draw(t, "anything")
}

func TestOnlyTheRightSubjectTakesTheUpdateRole(t *testing.T) {
	t.Parallel()
	for right, tt := range map[string]struct {
		issuer string
		trust  iampolicy.Document
	}{
		"repo:acme/infra:environment:production":                    {github, trustOf(t, forGitHub(), "ci-production-update")},
		"repo:acme/infra:ref:refs/heads/main":                       {github, trustOf(t, forGitHub(), "ci-staging-update")},
		"project_path:acme/platform/infra:ref_type:branch:ref:main": {gitlab, trustOf(t, forGitLab(), "ci-production-update")},
	} {
		t.Run(right, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				k := token{
					issuer:   rapid.SampledFrom([]string{tt.issuer, tt.issuer, tt.issuer, github, gitlab, tt.issuer + ".evil.example"}).Draw(t, "issuer"),
					audience: rapid.SampledFrom([]string{"sts.amazonaws.com", "sts.amazonaws.com", "*", "", "sts.amazonaws.com.evil.example"}).Draw(t, "audience"),
					subject:  subjects(t, right),
				}
				if want := k == (token{tt.issuer, "sts.amazonaws.com", right}); k.takes(t, tt.trust) != want {
					t.Fatalf("%+v takes the role: %v", k, !want)
				}
			})
		})
	}
}

func TestNoPullRequestOfAnyRepositoryTakesAnUpdateRole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		args := forGitHub()
		args.GitHub = rapid.StringMatching(`[A-Za-z0-9]{1,4}/[A-Za-z0-9._-]{1,4}`).Draw(r, "repository")
		args.Branch = rapid.SampledFrom([]string{"main", "trunk", "release/1", "pull_request"}).Draw(r, "branch")
		k := token{github, "sts.amazonaws.com", "repo:" + args.GitHub + ":pull_request"}
		for role, want := range map[string]bool{"ci-production-update": false, "ci-staging-update": false, "ci-production-preview": true} {
			if got := k.takes(r, trustOf(t, args, role)); got != want {
				r.Fatalf("%+v takes %s: %v", k, role, got)
			}
		}
	})
}
