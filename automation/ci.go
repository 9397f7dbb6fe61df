package automation

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
)

// ciVars is what a CI system tells about a build.
type ciVars struct {
	system, buildID, number, kind, url, sha, pr string
	branch, message                             string
}

// describe adds what is known to the metadata of the history.
func (v ciVars) describe(m map[string]string) {
	if v.system == "" {
		return
	}
	m["ci.system"] = v.system
	set(m, "ci.build.id", v.buildID)
	set(m, "ci.build.number", v.number)
	set(m, "ci.build.type", v.kind)
	set(m, "ci.build.url", v.url)
	set(m, "ci.pr.headSHA", v.sha)
	set(m, "ci.pr.number", v.pr)
}

// ciSystem is one CI system that the CLI knows: one of the variables tells it,
// and read says which ones describe the build.
type ciSystem struct {
	name string
	told []string
	read func(env func(string) string) ciVars
}

// ciSystems are the CLI's, in its order. Pulumi reads them from the process's
// environment; here they are read from the call's.
var ciSystems = []ciSystem{
	{name: "AppVeyor", told: []string{"APPVEYOR"}},
	{name: "AWS CodeBuild", told: []string{"CODEBUILD_BUILD_ARN"}},
	{name: "Atlassian Bamboo", told: []string{"bamboo_planKey"}},
	{name: "Atlassian Bitbucket Pipelines", told: []string{"BITBUCKET_COMMIT"}, read: bitbucket},
	{name: "Azure Pipelines", told: []string{"TF_BUILD"}, read: azurePipelines},
	{name: "Buildkite", told: []string{"BUILDKITE"}, read: buildkite},
	{name: "CircleCI", told: []string{"CIRCLECI"}, read: circleCI},
	{name: "Codefresh", told: []string{"CF_BUILD_URL"}, read: codefresh},
	{name: "Drone", told: []string{"DRONE"}},
	{name: "GitHub Actions", told: []string{"GITHUB_ACTIONS"}, read: githubActions},
	{name: "GitLab CI/CD", told: []string{"GITLAB_CI"}, read: gitlab},
	{name: "GoCD", told: []string{"GO_PIPELINE_LABEL"}},
	{name: "Hudson", told: []string{"HUDSON_URL"}},
	{name: "Jenkins", told: []string{"JENKINS_URL"}, read: jenkins},
	{name: "Magnum CI", told: []string{"MAGNUM"}},
	{name: "Semaphore", told: []string{"SEMAPHORE"}},
	{name: "Spacelift", told: []string{
		"SPACELIFT_MAX_REQUESTS_BURST", "TF_VAR_spacelift_run_trigger", "SPACELIFT_STORE_HOOKS_ENV_VARS",
		"TF_VAR_spacelift_commit_branch", "SPACELIFT_WORKER_TRACING_ENABLED",
	}},
	{name: "TaskCluster", told: []string{"TASK_ID", "RUN_ID"}},
	{name: "TeamCity", told: []string{"TEAMCITY_VERSION"}},
	{name: "Travis CI", told: []string{"TRAVIS"}, read: travis},
}

// detectCI finds the CI system of an environment. What the user says comes
// first.
func detectCI(vars map[string]string) ciVars {
	env := func(k string) string { return vars[k] }
	switch {
	case env("PULUMI_DISABLE_CI_DETECTION") != "":
		return ciVars{}
	case env("PULUMI_CI_SYSTEM") != "":
		return ciVars{
			system: env("PULUMI_CI_SYSTEM"), branch: env("PULUMI_CI_BRANCH_NAME"), buildID: env("PULUMI_CI_BUILD_ID"),
			number: env("PULUMI_CI_BUILD_NUMBER"), kind: env("PULUMI_CI_BUILD_TYPE"), url: env("PULUMI_CI_BUILD_URL"),
			message: env("PULUMI_COMMIT_MESSAGE"), pr: env("PULUMI_PR_NUMBER"), sha: env("PULUMI_CI_PULL_REQUEST_SHA"),
		}
	}
	for _, sys := range ciSystems {
		for _, k := range sys.told {
			if env(k) == "" {
				continue
			}
			var v ciVars
			if sys.read != nil {
				v = sys.read(env)
			}
			v.system = sys.name
			return v
		}
	}
	if env("CI_NAME") == "codeship" {
		return ciVars{system: "Codeship"}
	}
	return ciVars{}
}

func bitbucket(env func(string) string) ciVars {
	v := ciVars{buildID: env("BITBUCKET_BUILD_NUMBER"), sha: env("BITBUCKET_COMMIT"), branch: env("BITBUCKET_BRANCH"), pr: env("BITBUCKET_PR_ID")}
	if repo := env("BITBUCKET_GIT_HTTP_ORIGIN"); repo != "" {
		v.url = repo + "/addon/pipelines/home#!/results/" + v.buildID
	}
	return v
}

func azurePipelines(env func(string) string) ciVars {
	v := ciVars{
		buildID: env("BUILD_BUILDID"), kind: env("BUILD_REASON"), message: env("BUILD_SOURCEVERSIONMESSAGE"),
		sha: env("BUILD_SOURCEVERSION"), pr: env("SYSTEM_PULLREQUEST_PULLREQUESTID"), branch: env("BUILD_SOURCEBRANCHNAME"),
	}
	v.url = strings.TrimSuffix(env("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), "/") + "/" + env("SYSTEM_TEAMPROJECT") +
		"/_build/results?buildId=" + v.buildID
	if env("BUILD_REPOSITORY_PROVIDER") == "GitHub" {
		v.pr, v.sha = env("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"), env("SYSTEM_PULLREQUEST_SOURCECOMMITID")
	}
	if v.pr != "" { // the branch is then "merge"
		v.branch = env("SYSTEM_PULLREQUEST_SOURCEBRANCH")
	}
	return v
}

func buildkite(env func(string) string) ciVars {
	v := ciVars{
		buildID: env("BUILDKITE_BUILD_ID"), number: env("BUILDKITE_BUILD_NUMBER"), url: env("BUILDKITE_BUILD_URL"),
		message: env("BUILDKITE_MESSAGE"), sha: env("BUILDKITE_COMMIT"), branch: env("BUILDKITE_BRANCH"),
		kind: env("BUILDKITE_SOURCE"),
	}
	if pr := env("BUILDKITE_PULL_REQUEST"); pr != "false" {
		v.pr, v.kind = pr, "PullRequest"
	}
	return v
}

func circleCI(env func(string) string) ciVars {
	return ciVars{buildID: env("CIRCLE_BUILD_NUM"), url: env("CIRCLE_BUILD_URL"), sha: env("CIRCLE_SHA1"), branch: env("CIRCLE_BRANCH")}
}

func codefresh(env func(string) string) ciVars {
	v := ciVars{
		buildID: env("CF_BUILD_ID"), url: env("CF_BUILD_URL"), sha: env("CF_REVISION"), branch: env("CF_BRANCH"),
		message: env("CF_COMMIT_MESSAGE"), pr: env("CF_PULL_REQUEST_NUMBER"), kind: "Push",
	}
	if v.pr == "" { // as the CLI has it
		v.kind = "PullRequest"
	}
	return v
}

func githubActions(env func(string) string) ciVars {
	v := ciVars{
		buildID: env("GITHUB_RUN_ID"), number: env("GITHUB_RUN_NUMBER"), kind: env("GITHUB_EVENT_NAME"),
		branch: env("GITHUB_REF"), sha: env("GITHUB_SHA"),
	}
	if repo := env("GITHUB_REPOSITORY"); repo != "" && v.buildID != "" {
		v.url = "https://github.com/" + repo + "/actions/runs/" + v.buildID
	}
	if v.kind != "pull_request" {
		return v
	}
	var event struct {
		Number      int64 `json:"number"`
		PullRequest struct {
			Head struct{ SHA, Ref string } `json:"head"`
		} `json:"pull_request"`
	}
	b, err := os.ReadFile(env("GITHUB_EVENT_PATH"))
	if err == nil && json.Unmarshal(b, &event) == nil {
		v.pr, v.sha, v.branch = strconv.FormatInt(event.Number, 10), event.PullRequest.Head.SHA, event.PullRequest.Head.Ref
	}
	return v
}

func gitlab(env func(string) string) ciVars {
	return ciVars{
		buildID: env("CI_PIPELINE_ID"), number: env("CI_PIPELINE_IID"), kind: env("CI_PIPELINE_SOURCE"), url: env("CI_JOB_URL"),
		sha: env("CI_COMMIT_SHA"), branch: env("CI_COMMIT_REF_NAME"), message: env("CI_COMMIT_MESSAGE"), pr: env("CI_MERGE_REQUEST_IID"),
	}
}

func jenkins(env func(string) string) ciVars {
	v := ciVars{buildID: env("BUILD_NUMBER"), url: env("BUILD_URL"), sha: env("GIT_COMMIT"), branch: env("GIT_BRANCH")}
	if v.buildID == "" {
		v.buildID = env("BUILD_ID")
	}
	return v
}

func travis(env func(string) string) ciVars {
	v := ciVars{
		buildID: env("TRAVIS_JOB_ID"), number: env("TRAVIS_JOB_NUMBER"), kind: env("TRAVIS_EVENT_TYPE"), url: env("TRAVIS_BUILD_WEB_URL"),
		sha: env("TRAVIS_PULL_REQUEST_SHA"), branch: env("TRAVIS_BRANCH"), message: env("TRAVIS_COMMIT_MESSAGE"),
	}
	if pr := env("TRAVIS_PULL_REQUEST"); pr != "false" {
		v.pr = pr
	}
	return v
}
