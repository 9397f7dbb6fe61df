package ci

import (
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// readBuildkite reads the variables of a Buildkite job. Buildkite is no forge:
// which one it is, and its address, come from the pipeline's provider and
// repository, or from TRUNKLINE_FORGE and TRUNKLINE_FORGE_URL.
// https://buildkite.com/docs/pipelines/configure/environment-variables
func readBuildkite(v *vars, _ []byte) (Context, error) {
	c := Context{System: Buildkite}
	c.URL, c.Repository = repositoryOf(v.need("BUILDKITE_REPO"))
	c.Forge = buildkiteForge(v.get("BUILDKITE_PIPELINE_PROVIDER"))
	if f := v.get("TRUNKLINE_FORGE"); f != "" {
		c.Forge = plainForge(v, f)
	}
	if u := v.get("TRUNKLINE_FORGE_URL"); u != "" {
		c.URL = u
	}
	if c.Forge == "" {
		v.fail("TRUNKLINE_FORGE is not set, and the provider %.40q is not known", v.get("BUILDKITE_PIPELINE_PROVIDER"))
	}
	c.Trunk = v.branch("BUILDKITE_PIPELINE_DEFAULT_BRANCH")
	c.Actor = actor(v.get("BUILDKITE_BUILD_CREATOR"))
	c.Run = Run{Number: v.number("BUILDKITE_BUILD_NUMBER"), Attempt: 1, URL: v.link("BUILDKITE_BUILD_URL")}
	if n := v.get("BUILDKITE_RETRY_COUNT"); n != "" && n != "0" {
		c.Run.Attempt += v.number("BUILDKITE_RETRY_COUNT")
	}
	if tag := v.get("BUILDKITE_TAG"); tag != "" {
		return c, notABranch("refs/tags/" + tag)
	}
	c.Head.SHA = v.commit("BUILDKITE_COMMIT")
	switch pull := v.need("BUILDKITE_PULL_REQUEST"); {
	case pull != "" && pull != "false":
		return readBuildkitePull(v, c), nil
	case v.get("BUILDKITE_SOURCE") == "schedule":
		c.Event = Schedule
	case v.get("BUILDKITE_SOURCE") == "webhook":
		c.Event = Push
	default:
		c.Event = Manual
	}
	c.Head.Ref = v.branch("BUILDKITE_BRANCH")
	return c, nil
}

// readBuildkitePull reads a build of a pull request. The branch of a fork is
// named "account:branch".
func readBuildkitePull(v *vars, c Context) Context {
	c.Event, c.Number = PullRequest, int(v.number("BUILDKITE_PULL_REQUEST"))
	c.Base = gitops.Revision{Ref: v.branch("BUILDKITE_PULL_REQUEST_BASE_BRANCH")}
	_, from := repositoryOf(v.get("BUILDKITE_PULL_REQUEST_REPO"))
	branch := v.need("BUILDKITE_BRANCH")
	_, name, prefixed := strings.Cut(branch, ":")
	c.Fork = prefixed || from != "" && !strings.EqualFold(from, c.Repository)
	if prefixed {
		branch = name
	}
	if branch != "" {
		v.check("BUILDKITE_BRANCH", gitops.CheckBranch(branch))
	}
	c.Head.Ref = branch
	return c
}

func buildkiteForge(provider string) string {
	for _, forge := range []string{"github", "gitlab"} { // github_enterprise, gitlab_ee
		if strings.HasPrefix(provider, forge) {
			return forge
		}
	}
	return ""
}
