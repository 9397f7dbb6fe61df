// Package github is a repository on GitHub, through go-github.
package github

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-github/v92/github"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Forge is one repository.
type Forge struct {
	owner, name string
	client      *github.Client
	graphql     string
	me          forge.Account

	mu     sync.Mutex
	checks map[string]checkRun // by commit and name: those of this process
}

var _ gitops.Forge = (*Forge)(nil)

// New returns the repository. The URL is the address that people open:
// https://github.com, which "" means too, one of ghe.com, or a GitHub Enterprise
// Server.
func New(c forge.Config) (*Forge, error) {
	api, graphql, err := endpoints(c.URL)
	if err != nil {
		return nil, err
	}
	owner, name, err := forge.Repository(c.Repository)
	if err != nil {
		return nil, err
	}
	base := api.String()
	client, err := github.NewClient(
		github.WithHTTPClient(forge.NewClient(api, c, profile)), github.WithURLs(&base, nil),
		github.WithDisableRateLimitCheck(), // the transport waits
		github.WithUserAgent("trunkline"))
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	return &Forge{owner: owner, name: name, client: client, graphql: graphql, checks: map[string]checkRun{}}, nil
}

// endpoints finds the two APIs of an address.
func endpoints(address string) (api *url.URL, graphql string, err error) {
	if address == "" {
		address = "https://github.com"
	}
	u, err := gitops.ParseForgeURL(address)
	if err != nil {
		return nil, "", err
	}
	path := strings.TrimSuffix(u.Path, "/")
	switch host := u.Hostname(); {
	case host == "api.github.com" || strings.HasPrefix(host, "api.") && strings.HasSuffix(host, ".ghe.com"):
		return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, u.Scheme + "://" + u.Host + "/graphql", nil
	case host == "github.com" || strings.HasSuffix(host, ".ghe.com"):
		return &url.URL{Scheme: u.Scheme, Host: "api." + u.Host, Path: "/"}, u.Scheme + "://api." + u.Host + "/graphql", nil
	default:
		path = strings.TrimSuffix(path, "/api/v3")
		return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + "/api/v3/"}, u.Scheme + "://" + u.Host + path + "/api/graphql", nil
	}
}

// Kind returns github.
func (f *Forge) Kind() string { return "github" }

// Limits are those of github.com: a longer comment or description is refused.
func (f *Forge) Limits() gitops.ForgeLimits {
	return gitops.ForgeLimits{Comment: 65_536, Description: 140, CheckRuns: true}
}

// Me returns the account of the token. The token of a job or of an app has no
// user; GraphQL knows the name under which it writes, such as
// github-actions[bot].
func (f *Forge) Me(ctx context.Context) (string, error) {
	return f.me.Get(func() (string, error) {
		u, _, err := f.client.Users.Get(ctx, "")
		failed := forge.Fail(err, "cannot find out whose token this is")
		if gitops.KindOf(failed) != gitops.Denied {
			return u.GetLogin(), failed
		}
		var answer struct {
			Data struct {
				Viewer struct {
					Login string `json:"login"`
				} `json:"viewer"`
			} `json:"data"`
		}
		req, err := f.client.NewRequest(forge.Repeatable(ctx), http.MethodPost, f.graphql, map[string]string{"query": "query{viewer{login}}"})
		if err == nil {
			_, err = f.client.Do(req, &answer)
		}
		if err != nil || answer.Data.Viewer.Login == "" {
			return "", failed
		}
		return answer.Data.Viewer.Login, nil
	})
}

// PullRequest reads one pull request. The base that GitHub tells is the one of the
// last push, so the branch is read too.
func (f *Forge) PullRequest(ctx context.Context, number int) (gitops.PullRequest, error) {
	p, _, err := f.client.PullRequests.Get(ctx, f.owner, f.name, number)
	if err != nil {
		return gitops.PullRequest{}, forge.Fail(err, "cannot read pull request #%d", number)
	}
	out := pullRequest(p)
	ref, _, err := f.client.Git.GetRef(ctx, f.owner, f.name, "heads/"+out.Base.Ref)
	if err := forge.Gone(forge.Fail(err, "cannot read the branch %s", out.Base.Ref)); err != nil {
		return gitops.PullRequest{}, err
	}
	if sha := ref.GetObject().GetSHA(); sha != "" {
		out.Base.SHA = sha
	}
	return out, nil
}

func pullRequest(p *github.PullRequest) gitops.PullRequest {
	out := gitops.PullRequest{
		Number: p.GetNumber(), Title: p.GetTitle(), Author: p.GetUser().GetLogin(), URL: p.GetHTMLURL(),
		Head:  gitops.Revision{SHA: p.GetHead().GetSHA(), Ref: p.GetHead().GetRef()},
		Base:  gitops.Revision{SHA: p.GetBase().GetSHA(), Ref: p.GetBase().GetRef()},
		Fork:  p.GetHead().GetRepo().GetID() == 0 || p.GetHead().GetRepo().GetID() != p.GetBase().GetRepo().GetID(),
		Draft: p.GetDraft(), Closed: p.GetState() == "closed",
	}
	if p.MergedAt != nil { // before that, MergeCommitSHA is a trial
		out.Merged = p.GetMergeCommitSHA()
	}
	return out
}

// PullRequestsOf lists the merged pull requests that a commit came from.
func (f *Forge) PullRequestsOf(ctx context.Context, sha string) ([]gitops.PullRequest, error) {
	if err := forge.CheckSHA(sha); err != nil {
		return nil, err
	}
	list, _, err := f.client.PullRequests.ListPullRequestsWithCommit(ctx, f.owner, f.name, sha, &github.ListOptions{PerPage: 100})
	if err != nil {
		return nil, noCommit(forge.Fail(err, "cannot read the pull requests of %.7s", sha))
	}
	slices.SortFunc(list, func(a, b *github.PullRequest) int { return b.GetNumber() - a.GetNumber() })
	var out []gitops.PullRequest
	for _, p := range list {
		if p.MergedAt == nil {
			continue
		}
		one, err := f.PullRequest(ctx, p.GetNumber())
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// SetStatus adds a status.
func (f *Forge) SetStatus(ctx context.Context, sha string, s gitops.Status) error {
	if err := forge.CheckSHA(sha); err != nil {
		return err
	}
	state, text := string(s.State), forge.Cut(s.Description, f.Limits().Description)
	status := github.RepoStatus{State: &state, Context: &s.Context, Description: &text}
	if s.URL != "" {
		status.TargetURL = &s.URL
	}
	_, _, err := f.client.Repositories.CreateStatus(forge.Repeatable(ctx), f.owner, f.name, sha, status)
	return noCommit(forge.Fail(err, "cannot set the status %s on %.7s", s.Context, sha))
}

// noCommit gives an answer its kind: GitHub calls a commit that it does not have
// unprocessable.
func noCommit(err error) error {
	if gitops.KindOf(err) == gitops.Invalid && strings.Contains(err.Error(), "No commit found") {
		return &gitops.Error{Kind: gitops.NotFound, Err: err}
	}
	return err
}
