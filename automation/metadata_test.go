package automation

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pulumienv "github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/ciutil"
	declared "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"pgregory.net/rapid"
)

// The variables that the CLI reads, per system.
var ciVariables = map[string][]string{
	"PULUMI_CI_SYSTEM":    {"PULUMI_CI_BRANCH_NAME", "PULUMI_CI_BUILD_ID", "PULUMI_CI_BUILD_NUMBER", "PULUMI_CI_BUILD_TYPE", "PULUMI_CI_BUILD_URL", "PULUMI_COMMIT_MESSAGE", "PULUMI_PR_NUMBER", "PULUMI_CI_PULL_REQUEST_SHA"},
	"BITBUCKET_COMMIT":    {"BITBUCKET_BUILD_NUMBER", "BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_BRANCH", "BITBUCKET_PR_ID"},
	"TF_BUILD":            {"BUILD_BUILDID", "BUILD_REASON", "BUILD_SOURCEVERSION", "BUILD_SOURCEVERSIONMESSAGE", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_PROVIDER", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_SOURCECOMMITID", "SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"},
	"BUILDKITE":           {"BUILDKITE_BRANCH", "BUILDKITE_BUILD_ID", "BUILDKITE_BUILD_NUMBER", "BUILDKITE_BUILD_URL", "BUILDKITE_MESSAGE", "BUILDKITE_PULL_REQUEST", "BUILDKITE_SOURCE", "BUILDKITE_COMMIT"},
	"CIRCLECI":            {"CIRCLE_BUILD_NUM", "CIRCLE_BUILD_URL", "CIRCLE_SHA1", "CIRCLE_BRANCH"},
	"CF_BUILD_URL":        {"CF_BUILD_ID", "CF_REVISION", "CF_BRANCH", "CF_COMMIT_MESSAGE", "CF_PULL_REQUEST_NUMBER"},
	"GITHUB_ACTIONS":      {"GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_EVENT_NAME", "GITHUB_REF", "GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_EVENT_PATH"},
	"GITLAB_CI":           {"CI_PIPELINE_ID", "CI_PIPELINE_IID", "CI_PIPELINE_SOURCE", "CI_JOB_URL", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "CI_COMMIT_MESSAGE", "CI_MERGE_REQUEST_IID"},
	"JENKINS_URL":         {"BUILD_NUMBER", "BUILD_ID", "BUILD_URL", "GIT_COMMIT", "GIT_BRANCH"},
	"TRAVIS":              {"TRAVIS_JOB_ID", "TRAVIS_JOB_NUMBER", "TRAVIS_EVENT_TYPE", "TRAVIS_BUILD_WEB_URL", "TRAVIS_PULL_REQUEST_SHA", "TRAVIS_BRANCH", "TRAVIS_COMMIT_MESSAGE", "TRAVIS_PULL_REQUEST"},
	"APPVEYOR":            nil,
	"RUN_ID":              nil,
	"TEAMCITY_VERSION":    nil,
	"CODEBUILD_BUILD_ARN": nil,
}

// Not parallel: Pulumi reads the process's environment.
func TestCISystemsAreDescribedAsTheCLIDescribesThem(t *testing.T) {
	event := filepath.Join(t.TempDir(), "event.json")
	write(t, event, `{"number":7,"pull_request":{"head":{"sha":"abc","ref":"fix"}}}`)
	var all []string
	for system, vars := range ciVariables {
		all = append(append(all, system), vars...)
	}
	slices.Sort(all)
	for _, name := range all { // t.Setenv puts back what was there
		t.Setenv(name, "")
	}
	rapid.Check(t, func(rt *rapid.T) {
		env := map[string]string{}
		system := rapid.SampledFrom(all).Draw(rt, "a variable")
		env[system] = "yes"
		for _, name := range ciVariables[system] {
			env[name] = rapid.SampledFrom([]string{"", "false", "7", "x/y", "pull_request", "GitHub", event}).Draw(rt, name)
		}
		for _, name := range all {
			t.Setenv(name, env[name])
		}
		// Pulumi has read the name of a user's own system when the program started.
		want, got := ciutil.DetectVars(), detectCI(env)
		theirs := []string{string(want.Name), want.BuildID, want.BuildNumber, want.BuildType, want.BuildURL, want.SHA, want.PRNumber, want.BranchName, want.CommitMessage}
		ours := []string{got.system, got.buildID, got.number, got.kind, got.url, got.sha, got.pr, got.branch, got.message}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			rt.Fatalf("%v (-CLI +here):\n%s", env, diff)
		}
	})
}

func TestEverySwitchOfPulumiIsHonouredRefusedOrKnownToMeanNothing(t *testing.T) {
	t.Parallel()
	if pulumienv.Parallel.Var().Name() != "PULUMI_PARALLEL" {
		t.Fatal("Pulumi names its variables otherwise now")
	}
	for _, v := range declared.Variables() {
		for _, name := range []string{v.Name()} {
			if _, ok := variables[strings.TrimPrefix(name, "PULUMI_")]; !ok {
				t.Errorf("nobody has decided what %s means here", name)
			}
		}
	}
}

func TestTheHistoryTellsTheCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=Ana", "-c", "user.email=ana@example.com"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	git("remote", "add", "origin", "git@github.com:acme/shop.git")
	sub := filepath.Join(dir, "infra")
	write(t, filepath.Join(sub, "Pulumi.yaml"), "name: shop\nruntime: go\n")
	git("add", ".")
	git("commit", "-q", "-m", "Add the shop\n\nAll of it.")
	proj, err := loadProject(sub)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Command: newCommand(realParts()), ctx: t.Context(), proj: proj, env: map[string]string{"PATH": "/usr/bin:/bin:/usr/local/bin"}}
	message, m := s.metadata(newUp())
	for k := range m {
		if strings.HasPrefix(k, "pulumi.") {
			delete(m, k)
		}
	}
	want := map[string]string{
		"exec.kind": "cli", "updatePlan": "false", "stack.environments": "[]",
		"git.head": git("rev-parse", "HEAD"), "git.headName": "refs/heads/main", "git.dirty": "false",
		"git.author": "Ana", "git.author.email": "ana@example.com", "git.committer": "Ana", "git.committer.email": "ana@example.com",
		"vcs.owner": "acme", "vcs.repo": "shop", "vcs.kind": "github.com", "vcs.root": "infra",
	}
	if diff := cmp.Diff(want, m); diff != "" || message != "Add the shop" {
		t.Errorf("message %q (-want +got):\n%s", message, diff)
	}
	write(t, filepath.Join(sub, "new"), "x")
	s.extra = map[string]string{"git.head": "mine"}
	if _, m = s.metadata(newUp()); m["git.dirty"] != "true" || m["git.head"] != "mine" {
		t.Errorf("dirty %s, head %s", m["git.dirty"], m["git.head"])
	}
	if _, m := s.metadata(newPreview()); m != nil {
		t.Errorf("a preview has no history: %v", m)
	}
}

func TestWithoutARepositoryTheEnvironmentTells(t *testing.T) {
	t.Parallel()
	m := map[string]string{}
	title := describeWithout(m, map[string]string{
		"PULUMI_GIT_HEAD": "abc", "PULUMI_GIT_COMMIT_MESSAGE": "one\r\ntwo", "PULUMI_VCS_REPO_NAME": "shop",
	}, ciVars{branch: "fix"})
	want := map[string]string{"git.head": "abc", "vcs.repo": "shop", "git.headName": "fix"}
	if diff := cmp.Diff(want, m); diff != "" || title != "one" {
		t.Errorf("title %q (-want +got):\n%s", title, diff)
	}
}
