// Package gitea is a repository on a Gitea or Forgejo server, through Gitea's SDK.
package gitea

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.gitea.io/sdk/gitea"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Forge is one repository.
type Forge struct {
	url         string
	owner, name string
	http        *http.Client
	me          forge.Account
}

var _ gitops.Forge = (*Forge)(nil)

// profile is how Gitea wants to be called. Forgejo is the same.
var profile = forge.Profile{
	Name: "Gitea", Variable: "GITEA_TOKEN",
	Header: func(token string) (string, string) { return "Authorization", "token " + token },
	Limited: func(a forge.Answer, now time.Time) (time.Time, bool) {
		return forge.TooMany(a, now, "X-Ratelimit-Reset") // Gitea has no limits; proxies before it do
	},
	Needs: needs,
}

// New returns the repository. There is no public server: the URL is needed.
func New(c forge.Config) (*Forge, error) {
	base, err := gitops.ParseForgeURL(c.URL)
	if err != nil {
		return nil, err
	}
	owner, name, err := forge.Repository(c.Repository)
	if err != nil {
		return nil, err
	}
	return &Forge{url: strings.TrimSuffix(base.String(), "/"), owner: owner, name: name, http: forge.NewClient(base, c, profile)}, nil
}

// call makes one call through the SDK, which takes its context when it is made.
func (f *Forge) call(ctx context.Context, do func(*gitea.Client) error, doing string, args ...any) error {
	c, err := gitea.NewClient(f.url, gitea.SetContext(ctx), gitea.SetHTTPClient(f.http), gitea.SetGiteaVersion(""))
	if err == nil {
		err = do(c)
	}
	return forge.Fail(err, doing, args...)
}

// needs names the scope of a token, as Gitea's settings call it.
func needs(method, path string, _ forge.Answer) string {
	access := "read"
	if method != http.MethodGet {
		access = "write"
	}
	switch {
	case strings.HasSuffix(path, "/user"):
		return "the scope read:user"
	case strings.Contains(path, "/issues/"):
		return "the scope " + access + ":issue"
	}
	return "the scope " + access + ":repository"
}

// Kind returns gitea.
func (f *Forge) Kind() string { return "gitea" }

// Limits: Gitea itself has none. A comment that is longer makes its page slow,
// and a longer description is not shown whole.
func (f *Forge) Limits() gitops.ForgeLimits {
	return gitops.ForgeLimits{Comment: 200_000, Description: 255}
}

// Me returns the account of the token.
func (f *Forge) Me(ctx context.Context) (string, error) {
	return f.me.Get(func() (name string, err error) {
		err = f.call(ctx, func(c *gitea.Client) error {
			u, _, err := c.GetMyUserInfo()
			if err == nil {
				name = u.UserName
			}
			return err
		}, "cannot find out whose token this is")
		return name, err
	})
}

// PullRequest reads one pull request.
func (f *Forge) PullRequest(ctx context.Context, number int) (out gitops.PullRequest, err error) {
	err = f.call(ctx, func(c *gitea.Client) error {
		p, _, err := c.GetPullRequest(f.owner, f.name, int64(number))
		if err == nil {
			out = pullRequest(p)
		}
		return err
	}, "cannot read pull request #%d", number)
	return out, err
}

func pullRequest(p *gitea.PullRequest) gitops.PullRequest {
	out := gitops.PullRequest{
		Number: int(p.Index), Title: p.Title, URL: p.HTMLURL, Draft: p.Draft,
		Closed: p.State == gitea.StateClosed || p.HasMerged,
	}
	if p.Poster != nil {
		out.Author = p.Poster.UserName
	}
	if p.Head != nil {
		out.Head = gitops.Revision{SHA: p.Head.Sha, Ref: p.Head.Name}
	}
	if p.Base != nil {
		out.Base = gitops.Revision{SHA: p.Base.Sha, Ref: p.Base.Ref}
	}
	out.Fork = p.Head == nil || p.Base == nil || p.Head.RepoID != p.Base.RepoID
	if p.HasMerged && p.MergedCommitID != nil {
		out.Merged = *p.MergedCommitID
	}
	return out
}

// PullRequestsOf lists the pull request whose merge made the commit: Gitea knows
// no others.
func (f *Forge) PullRequestsOf(ctx context.Context, sha string) ([]gitops.PullRequest, error) {
	if err := forge.CheckSHA(sha); err != nil {
		return nil, err
	}
	var out []gitops.PullRequest
	err := f.call(ctx, func(c *gitea.Client) error {
		p, _, err := c.GetCommitPullRequest(f.owner, f.name, sha)
		if err == nil {
			out = append(out, pullRequest(p))
		}
		return err
	}, "cannot read the pull request of %.7s", sha)
	if gitops.KindOf(err) != gitops.NotFound {
		return out, err
	}
	return nil, f.call(ctx, func(c *gitea.Client) error {
		_, _, err := c.GetRepo(f.owner, f.name) // or is it the repository that is not there?
		return err
	}, "cannot read %s/%s", f.owner, f.name)
}

var states = map[gitops.StatusState]gitea.StatusState{
	gitops.StatusPending: gitea.StatusPending, gitops.StatusSuccess: gitea.StatusSuccess,
	gitops.StatusFailure: gitea.StatusFailure, gitops.StatusError: gitea.StatusError,
}

// SetStatus adds a status. Gitea answers a commit that it does not have with a
// failure of the server, so it is asked for the commit then.
func (f *Forge) SetStatus(ctx context.Context, sha string, s gitops.Status) error {
	if err := forge.CheckSHA(sha); err != nil {
		return err
	}
	return f.call(forge.Repeatable(ctx), func(c *gitea.Client) error {
		if _, _, err := c.GetSingleCommit(f.owner, f.name, sha); err != nil {
			return err
		}
		_, _, err := c.CreateStatus(f.owner, f.name, sha, gitea.CreateStatusOption{
			State: states[s.State], TargetURL: s.URL, Context: s.Context,
			Description: forge.Cut(s.Description, f.Limits().Description),
		})
		return err
	}, "cannot set the status %s on %.7s", s.Context, sha)
}

// SetCheckRun is an error: Gitea has none.
func (f *Forge) SetCheckRun(context.Context, string, gitops.CheckRun) error {
	return gitops.Errorf(gitops.Invalid, "Gitea has no check runs")
}

// belongs tells whether a comment is on the pull request: its number ends the
// address of that.
func belongs(c *gitea.Comment, number int) bool {
	for _, address := range []string{c.PRURL, c.IssueURL} {
		if u, err := url.Parse(address); err == nil && strings.HasSuffix(u.Path, "/"+strconv.Itoa(number)) {
			return true
		}
	}
	return false
}
