package ci

import (
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// readGitLab reads the variables of a GitLab job.
// https://docs.gitlab.com/ci/variables/predefined_variables/
func readGitLab(v *vars, _ []byte) (Context, error) {
	c := Context{System: GitLab, Forge: "gitlab"}
	c.URL = v.need("CI_SERVER_URL")
	c.Repository = v.need("CI_PROJECT_PATH")
	c.Trunk = v.branch("CI_DEFAULT_BRANCH")
	c.Actor = actor(v.get("GITLAB_USER_LOGIN"))
	c.Run = Run{Number: v.number("CI_PIPELINE_IID"), Attempt: 1, URL: v.link("CI_PIPELINE_URL")}
	if v.get("CI_COMMIT_TAG") != "" {
		return c, notABranch("refs/tags/" + v.get("CI_COMMIT_TAG"))
	}
	source := v.need("CI_PIPELINE_SOURCE")
	if v.get("CI_MERGE_REQUEST_IID") != "" { // also in child pipelines
		return readMergeRequest(v, c)
	}
	c.Head = gitops.Revision{SHA: v.commit("CI_COMMIT_SHA"), Ref: v.branch("CI_COMMIT_BRANCH")}
	switch source {
	case "push":
		c.Event = Push
		c.Base = gitops.Revision{SHA: before(v.get("CI_COMMIT_BEFORE_SHA")), Ref: c.Head.Ref}
		if c.Base.SHA != "" {
			v.check("CI_COMMIT_BEFORE_SHA", gitops.CheckCommit(c.Base.SHA))
		}
	case "schedule":
		c.Event = Schedule
	case "web", "api", "trigger", "pipeline", "parent_pipeline", "chat", "webide":
		c.Event = Manual
	case "":
	default:
		return c, &gitops.Error{
			Kind: gitops.Invalid, What: fmt.Sprintf("trunkline ci has nothing to do in a pipeline of the source %.60q", source),
			Next: "let the job run for merge requests, pushes to the trunk branch, schedules and by hand",
		}
	}
	return c, nil
}

// readMergeRequest reads a merge request pipeline. In one for merged results the
// job's own commit is the merge, and the two sides are named; in others the
// job's commit is the head, and the forge knows the newest commit of the target.
func readMergeRequest(v *vars, c Context) (Context, error) {
	c.Event, c.Number = PullRequest, int(v.number("CI_MERGE_REQUEST_IID"))
	c.Repository = v.need("CI_MERGE_REQUEST_PROJECT_PATH")
	head := "CI_COMMIT_SHA"
	if v.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") != "" {
		head = "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"
	}
	c.Head = gitops.Revision{SHA: v.commit(head), Ref: v.branch("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")}
	c.Base = gitops.Revision{Ref: v.branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")}
	if v.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA") != "" {
		c.Base.SHA = v.commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
	}
	// Without a source project the fork is gone.
	c.Fork = v.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != v.need("CI_MERGE_REQUEST_PROJECT_ID")
	return c, nil
}
