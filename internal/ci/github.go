package ci

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// event is the part of GitHub's and Gitea's event payloads that is used.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
type event struct {
	Action      string `json:"action"`
	Number      int    `json:"number"`
	PullRequest *struct {
		Number int    `json:"number"`
		State  string `json:"state"`
		Merged bool   `json:"merged"`
		Head   side   `json:"head"`
		Base   side   `json:"base"`
		User   struct {
			Login string `json:"login"`
		} `json:"user"`
	} `json:"pull_request"`
	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
	WorkflowRun *struct {
		HeadRepository *repository `json:"head_repository"`
	} `json:"workflow_run"`
	Ref        string      `json:"ref"`
	Before     string      `json:"before"`
	After      string      `json:"after"`
	Deleted    bool        `json:"deleted"`
	Repository *repository `json:"repository"`
}

// side is the head or the base of a pull request. The repository of a head is
// null when the fork was deleted.
type side struct {
	Ref        string      `json:"ref"`
	SHA        string      `json:"sha"`
	Repository *repository `json:"repo"`
}

type repository struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

// readGitHub reads GitHub. GITHUB_RUN_NUMBER counts for each workflow file by
// itself, GITHUB_RUN_ID grows over all of them.
func readGitHub(v *vars, payload []byte) (Context, error) {
	return readActions(v, payload, Context{System: GitHub, Forge: "github"}, "GITHUB_RUN_ID")
}

// readGitea reads Gitea and Forgejo. They number the runs of a repository, and
// use that number in addresses.
func readGitea(v *vars, payload []byte) (Context, error) {
	return readActions(v, payload, Context{System: Gitea, Forge: "gitea"}, "GITHUB_RUN_NUMBER")
}

func readActions(v *vars, payload []byte, c Context, runID string) (Context, error) {
	c.URL = v.need("GITHUB_SERVER_URL")
	c.Repository = v.need("GITHUB_REPOSITORY")
	c.Actor = actor(v.get("GITHUB_ACTOR"))
	c.Outputs, c.Summary = v.file("GITHUB_OUTPUT"), v.file("GITHUB_STEP_SUMMARY")
	c.Run = Run{Number: v.number(runID), Attempt: v.numberOr("GITHUB_RUN_ATTEMPT", 1)}
	c.Run.URL = linkOf(strings.TrimSuffix(c.URL, "/") + "/" + c.Repository + "/actions/runs/" + v.get(runID))
	var e event
	if len(payload) == 0 {
		v.fail("the event is missing: GITHUB_EVENT_PATH names its file")
	} else if err := json.Unmarshal(payload, &e); err != nil {
		v.fail("the event in GITHUB_EVENT_PATH cannot be read: %v", err)
	}
	if len(v.problems) > 0 {
		return c, v.err(c.System)
	}
	if e.Repository != nil {
		c.Trunk = e.Repository.DefaultBranch
		if c.Trunk != "" {
			v.check("the default branch", gitops.CheckBranch(c.Trunk))
		}
	}
	switch name := v.need("GITHUB_EVENT_NAME"); name {
	case "pull_request", "pull_request_target":
		return readPull(v, c, e, name)
	case "workflow_run":
		return c, readWorkflowRun(c, e)
	case "merge_group":
		return readQueue(v, c, e)
	case "push":
		return readPush(v, c, e)
	case "schedule":
		c.Event = Schedule
		return c.here(v), nil
	case "workflow_dispatch", "repository_dispatch":
		c.Event = Manual
		return c.here(v), nil
	case "":
		return c, nil // reported by v
	default:
		return c, &gitops.Error{
			Kind: gitops.Invalid, What: fmt.Sprintf("trunkline ci has nothing to do on the event %.60q", name),
			Next: "let the workflow run on pull_request, push, merge_group, schedule or workflow_dispatch",
		}
	}
}

// here fills in the commit that the job itself is at.
func (c Context) here(v *vars) Context {
	c.Head.SHA = v.commit("GITHUB_SHA")
	c.Head.Ref = v.branch("GITHUB_REF_NAME")
	return c
}

func readPull(v *vars, c Context, e event, name string) (Context, error) {
	p := e.PullRequest
	if p == nil {
		v.fail("the event has no pull_request")
		return c, nil
	}
	c.Event, c.Number = PullRequest, max(p.Number, e.Number)
	c.Closed = p.Merged || p.State == "closed" || e.Action == "closed"
	c.Head = gitops.Revision{SHA: p.Head.SHA, Ref: p.Head.Ref}
	c.Base = gitops.Revision{SHA: p.Base.SHA, Ref: p.Base.Ref}
	// A head without a repository was in a fork that is deleted.
	c.Fork = p.Head.Repository == nil || !strings.EqualFold(p.Head.Repository.FullName, c.Repository)
	if c.Actor == "" {
		c.Actor = actor(p.User.Login)
	}
	if c.Number < 1 {
		v.fail("the event has no number of a pull request")
	}
	v.check("pull_request.head.sha", gitops.CheckCommit(c.Head.SHA))
	v.check("pull_request.head.ref", gitops.CheckBranch(c.Head.Ref))
	v.check("pull_request.base.sha", gitops.CheckCommit(c.Base.SHA))
	v.check("pull_request.base.ref", gitops.CheckBranch(c.Base.Ref))
	if c.Fork && name == "pull_request_target" {
		return c, foreign(name)
	}
	return c, nil
}

// readWorkflowRun refuses: the commits of a workflow_run may be those of a fork,
// and the job has the secrets of the repository.
func readWorkflowRun(c Context, e event) error {
	if e.WorkflowRun == nil || e.WorkflowRun.HeadRepository == nil || !strings.EqualFold(e.WorkflowRun.HeadRepository.FullName, c.Repository) {
		return foreign("workflow_run")
	}
	return &gitops.Error{
		Kind: gitops.Invalid, What: "trunkline ci has nothing to do on the event \"workflow_run\"", Next: "let the workflow run on pull_request",
	}
}

// foreign is the refusal of an event that hands the repository's secrets to the
// code of strangers.
func foreign(name string) error {
	return &gitops.Error{
		Kind: gitops.Denied,
		What: "this is the code of a fork in a job that has the secrets of the repository: on " + name + " whoever opens a pull request could read them",
		Next: "let the workflow run on pull_request",
	}
}

func readQueue(v *vars, c Context, e event) (Context, error) {
	g := e.MergeGroup
	if g == nil {
		v.fail("the event has no merge_group")
		return c, nil
	}
	c.Event = Queue
	c.Head = gitops.Revision{SHA: g.HeadSHA, Ref: strings.TrimPrefix(g.HeadRef, "refs/heads/")}
	c.Base = gitops.Revision{SHA: g.BaseSHA, Ref: strings.TrimPrefix(g.BaseRef, "refs/heads/")}
	v.check("merge_group.head_sha", gitops.CheckCommit(c.Head.SHA))
	v.check("merge_group.head_ref", gitops.CheckBranch(c.Head.Ref))
	v.check("merge_group.base_sha", gitops.CheckCommit(c.Base.SHA))
	v.check("merge_group.base_ref", gitops.CheckBranch(c.Base.Ref))
	return c, nil
}

func readPush(v *vars, c Context, e event) (Context, error) {
	branch, ok := strings.CutPrefix(e.Ref, "refs/heads/")
	if !ok || e.Deleted || before(e.After) == "" {
		return c, notABranch(e.Ref)
	}
	c.Event = Push
	c.Head = gitops.Revision{SHA: e.After, Ref: branch}
	c.Base = gitops.Revision{SHA: before(e.Before), Ref: branch}
	v.check("after", gitops.CheckCommit(c.Head.SHA))
	v.check("ref", gitops.CheckBranch(branch))
	if c.Base.SHA != "" {
		v.check("before", gitops.CheckCommit(c.Base.SHA))
	}
	return c, nil
}

func notABranch(ref string) error {
	return &gitops.Error{
		Kind: gitops.Invalid, What: fmt.Sprintf("trunkline ci has nothing to do when %.100q is pushed: it is a tag, or a branch that is gone", ref),
		Next: "limit the workflow to pushes to the trunk branch",
	}
}
