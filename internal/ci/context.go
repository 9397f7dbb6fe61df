// Package ci reads what a CI system says about its job, and writes what a CI
// system understands.
//
// It is pure: variables and the event come in as values, texts come out.
package ci

import (
	"net/url"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// System is a CI system.
type System string

// The systems that Detect knows. Gitea and Forgejo imitate GitHub, and each
// other.
const (
	GitHub    System = "github"
	Gitea     System = "gitea"
	GitLab    System = "gitlab"
	Buildkite System = "buildkite"
	// Plain is any other, described by variables that begin with TRUNKLINE_.
	Plain System = "plain"
)

// Event is why a job runs.
type Event string

// The events that a job can have.
const (
	// PullRequest: a pull request was opened, changed or closed.
	PullRequest Event = "pull_request"
	// Queue: GitHub's merge queue asks about commits that are about to be merged.
	Queue Event = "merge_group"
	// Push: a branch has new commits.
	Push     Event = "push"
	Schedule Event = "schedule"
	// Manual: a person or another program started the job.
	Manual Event = "manual"
)

// Context is what the CI system says about the job. All names in it are checked
// (gitops.CheckBranch, gitops.CheckCommit, gitops.ParseForgeURL), and all of it
// is still a claim: commits are fetched by name before anything is done.
type Context struct {
	System System
	Event  Event
	// Forge is github, gitlab, gitea, local, or "" for none. URL is its address,
	// such as https://github.com; for local the path of its directory.
	Forge, URL string
	// Repository is "owner/name", on GitLab with all groups. It is the one that is
	// proposed to, also when the job runs in a fork.
	Repository string
	// Number is the pull request; 0 for other events.
	Number int
	// Closed tells that the pull request is closed or merged.
	Closed bool
	// Head is the commit that the job is about, Ref its branch. Base is what it is
	// compared with: for a pull request the branch it is for, with the commit when
	// the system says it (ask the forge when SHA is ""); for a push what the branch
	// was at before, "" when it is new. Only SHA and Ref are set.
	Head, Base gitops.Revision
	// Trunk is the repository's default branch, or what TRUNKLINE_TRUNK says.
	Trunk string
	// Fork tells that the head is in another repository, whose authors may have no
	// rights in this one.
	Fork bool
	// Actor is the account that caused the job.
	Actor string
	Run   Run
	// Approvals says where the pipeline takes approvals: on GitHub and Gitea the
	// file of the workflow, on GitLab the environments that have a job for it.
	Approvals []string `json:",omitempty"`
	// Outputs and Summary are files to which outputs and a summary in Markdown are
	// appended; "" where there are none.
	Outputs, Summary string
}

// Run names one run of a job.
type Run struct {
	// Number grows over all runs of the repository, whatever pipeline they are of, and
	// Attempt counts the repetitions of this run from 1.
	Number  int64
	Attempt int64
	// URL is where its log is.
	URL string
}

// OnTrunk tells whether the job is about the trunk branch.
func (c Context) OnTrunk() bool { return c.Trunk != "" && c.Head.Ref == c.Trunk }

// Detect finds out which CI system runs the job and what for. getenv is
// os.Getenv or a stand-in; event is the content of the file that EventFile
// names. What is missing or impossible is an error of kind Invalid that names
// every variable; a job that would give credentials to the code of a fork is one
// of kind Denied.
func Detect(getenv func(string) string, event []byte) (Context, error) {
	v := &vars{get: getenv}
	read := map[System]reader{Plain: readPlain, Gitea: readGitea, GitHub: readGitHub, GitLab: readGitLab, Buildkite: readBuildkite}[SystemOf(getenv)]
	if read == nil {
		return Context{}, &gitops.Error{
			Kind: gitops.Invalid, What: "no CI system is known that would run this",
			Next: "set TRUNKLINE_EVENT to pull_request, push, schedule or manual, and the variables that it then asks for",
		}
	}
	c, err := read(v, event)
	if err != nil {
		return Context{}, err
	}
	if getenv("TRUNKLINE_TRUNK") != "" {
		c.Trunk = v.branch("TRUNKLINE_TRUNK")
	}
	c.Approvals = v.approvals()
	if c.Repository != "" {
		v.check("the repository", checkRepository(c.Repository))
	}
	if c.Forge != "" && c.Forge != "local" && c.URL != "" {
		_, err := gitops.ParseForgeURL(c.URL)
		v.check("the forge", err)
	}
	if err := v.err(c.System); err != nil {
		return Context{}, err
	}
	return c, guardFork(c, getenv)
}

// EventFile is the file with the event of the job, "" when there is none.
func EventFile(getenv func(string) string) string {
	if getenv("TRUNKLINE_EVENT") != "" || getenv("GITHUB_ACTIONS") == "" {
		return ""
	}
	return getenv("GITHUB_EVENT_PATH")
}

// reader makes the context of one system. What v finds missing is reported
// together; an error of its own ends it at once.
type reader func(v *vars, event []byte) (Context, error)

// SystemOf says which CI system runs the job; "" when none is known. Gitea and
// Forgejo also set GITHUB_ACTIONS.
func SystemOf(getenv func(string) string) System {
	switch {
	case getenv("TRUNKLINE_EVENT") != "":
		return Plain
	case getenv("GITEA_ACTIONS") == "true", getenv("FORGEJO_ACTIONS") == "true":
		return Gitea
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") == "true":
		return GitLab
	case getenv("BUILDKITE") == "true":
		return Buildkite
	}
	return ""
}

// repositoryOf takes "owner/name" and the forge's address out of the address of
// a clone: https://host/owner/name.git, ssh://git@host/owner/name.git or
// git@host:owner/name.git.
func repositoryOf(clone string) (forge, repository string) {
	if !strings.Contains(clone, "://") {
		host, path, _ := strings.Cut(clone, ":")
		clone = "ssh://" + host + "/" + path
	}
	u, err := url.Parse(clone)
	if err != nil || u.Hostname() == "" {
		return "", ""
	}
	repository = strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	if u.Scheme == "ssh" {
		return "https://" + u.Hostname(), repository
	}
	return u.Scheme + "://" + u.Host, repository
}
