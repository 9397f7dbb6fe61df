// Package gitlab is a project on GitLab, through GitLab's client-go. A pull
// request is a merge request there, and a comment a note.
package gitlab

import (
	"context"
	"slices"
	"strings"
	"time"

	"gitlab.com/gitlab-org/api/client-go/v2"
	"golang.org/x/time/rate"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Forge is one project.
type Forge struct {
	project string
	web     string // the address of the project
	client  *gitlab.Client
	me      forge.Account
}

var _ gitops.Forge = (*Forge)(nil)

// New returns the project, by its path. The URL is the address that people open;
// "" means https://gitlab.com.
func New(c forge.Config) (*Forge, error) {
	if c.URL == "" {
		c.URL = "https://gitlab.com"
	}
	base, err := gitops.ParseForgeURL(c.URL)
	if err != nil {
		return nil, err
	}
	if err := forge.Project(c.Repository); err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(base.String(), "/")
	client, err := gitlab.NewAuthSourceClient(gitlab.Unauthenticated{}, // the transport adds the token
		gitlab.WithBaseURL(address), gitlab.WithHTTPClient(forge.NewClient(base, c, profile)),
		gitlab.WithCustomRetryMax(0), gitlab.WithCustomLimiter(rate.NewLimiter(rate.Inf, 0)), // and waits
		gitlab.WithUserAgent("trunkline"))
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	return &Forge{project: c.Repository, web: address + "/" + c.Repository, client: client}, nil
}

// profile is how GitLab wants to be called.
var profile = forge.Profile{
	Name: "GitLab", Variable: "GITLAB_TOKEN",
	Header: header,
	// https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
	Limited: func(a forge.Answer, now time.Time) (time.Time, bool) { return forge.TooMany(a, now, "Ratelimit-Reset") },
	Needs: func(string, string, forge.Answer) string {
		return "the scope api and the role Developer (CI_JOB_TOKEN has neither: use a project access token)"
	},
}

// header: the token of a job goes into a header of its own. Since GitLab 16.9 it
// can be told by its beginning.
func header(token string) (name, value string) {
	if strings.HasPrefix(token, "glcbt-") {
		return "Job-Token", token
	}
	return "Private-Token", token
}

// Kind returns gitlab.
func (f *Forge) Kind() string { return "gitlab" }

// Limits are those of the API's documentation.
func (f *Forge) Limits() gitops.ForgeLimits {
	return gitops.ForgeLimits{Comment: 1_000_000, Description: 255}
}

// Me returns the account of the token.
func (f *Forge) Me(ctx context.Context) (string, error) {
	return f.me.Get(func() (string, error) {
		u, _, err := f.client.Users.CurrentUser(gitlab.WithContext(ctx))
		if err != nil {
			return "", forge.Fail(err, "cannot find out whose token this is")
		}
		return u.Username, nil
	})
}

// PullRequest reads one merge request, and the branch that it is for.
func (f *Forge) PullRequest(ctx context.Context, number int) (gitops.PullRequest, error) {
	m, _, err := f.client.MergeRequests.GetMergeRequest(f.project, int64(number), nil, gitlab.WithContext(ctx))
	if err != nil {
		return gitops.PullRequest{}, forge.Fail(err, "cannot read merge request !%d", number)
	}
	out := pullRequest(&m.BasicMergeRequest)
	out.Base.SHA = m.DiffRefs.StartSha
	b, _, err := f.client.Branches.GetBranch(f.project, out.Base.Ref, gitlab.WithContext(ctx))
	if err := forge.Gone(forge.Fail(err, "cannot read the branch %s", out.Base.Ref)); err != nil {
		return gitops.PullRequest{}, err
	}
	if b != nil && b.Commit != nil {
		out.Base.SHA = b.Commit.ID
	}
	return out, nil
}

func pullRequest(m *gitlab.BasicMergeRequest) gitops.PullRequest {
	out := gitops.PullRequest{
		Number: int(m.IID), Title: m.Title, URL: m.WebURL, Draft: m.Draft,
		Head: gitops.Revision{SHA: m.SHA, Ref: m.SourceBranch}, Base: gitops.Revision{Ref: m.TargetBranch},
		Fork:   m.SourceProjectID == 0 || m.SourceProjectID != m.TargetProjectID,
		Closed: m.State == "closed" || m.State == "merged",
	}
	if m.Author != nil {
		out.Author = m.Author.Username
	}
	if m.State == "merged" {
		out.Merged = merged(m)
	}
	return out
}

// merged is the commit on the base branch: a merge commit, or where there is none
// the squashed one, or where the branch was just moved on the head itself.
func merged(m *gitlab.BasicMergeRequest) string {
	for _, sha := range []string{m.MergeCommitSHA, m.SquashCommitSHA} {
		if sha != "" {
			return sha
		}
	}
	return m.SHA
}

// PullRequestsOf lists the merged merge requests that a commit came from.
func (f *Forge) PullRequestsOf(ctx context.Context, sha string) ([]gitops.PullRequest, error) {
	if err := forge.CheckSHA(sha); err != nil {
		return nil, err
	}
	list, _, err := f.client.Commits.ListMergeRequestsByCommit(f.project, sha, gitlab.WithContext(ctx))
	if err != nil {
		return nil, forge.Fail(err, "cannot read the merge requests of %.7s", sha)
	}
	slices.SortFunc(list, func(a, b *gitlab.BasicMergeRequest) int { return int(b.IID - a.IID) })
	var out []gitops.PullRequest
	for _, m := range list {
		if m.State != "merged" {
			continue
		}
		p, err := f.PullRequest(ctx, int(m.IID))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// SetCheckRun is an error: GitLab has none.
func (f *Forge) SetCheckRun(context.Context, string, gitops.CheckRun) error {
	return gitops.Errorf(gitops.Invalid, "GitLab has no check runs")
}

// states in GitLab's words, which know one kind of failure.
var states = map[gitops.StatusState]gitlab.BuildStateValue{
	gitops.StatusPending: gitlab.Running, gitops.StatusSuccess: gitlab.Success,
	gitops.StatusFailure: gitlab.Failed, gitops.StatusError: gitlab.Failed,
}

// SetStatus sets a status, which GitLab shows as a job of the newest pipeline. To
// say twice that something is going on is an error there, and none here.
func (f *Forge) SetStatus(ctx context.Context, sha string, s gitops.Status) error {
	if err := forge.CheckSHA(sha); err != nil {
		return err
	}
	text := forge.Cut(s.Description, f.Limits().Description)
	o := &gitlab.SetCommitStatusOptions{State: states[s.State], Name: &s.Context, Description: &text}
	if s.URL != "" {
		o.TargetURL = &s.URL
	}
	_, _, err := f.client.Commits.SetCommitStatus(f.project, sha, o, gitlab.WithContext(forge.Repeatable(ctx)))
	err = forge.Fail(err, "cannot set the status %s on %.7s", s.Context, sha)
	if gitops.KindOf(err) == gitops.Invalid && strings.Contains(err.Error(), "Cannot transition status via :run from :running") {
		return nil
	}
	return err
}
