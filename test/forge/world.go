package realforge

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/gitea"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Scopes are what Trunkline's token needs; the suite runs with no more.
const Scopes = "write:issue,write:repository,read:user"

// Accounts are the users of a server, by name, with their tokens.
type Accounts map[string]string

// world is a repository of its own on the server.
type world struct {
	server   *Server
	accounts Accounts
	author   *sdk.Client
	name     string
	branches *atomic.Int64
}

var repositories atomic.Int64

// Open makes a public repository of the author to which the bot may write.
func Open(t *testing.T, s *Server, accounts Accounts) forgetest.World {
	t.Helper()
	c, err := sdk.NewClient(s.URL, sdk.SetToken(accounts["author"]), sdk.SetGiteaVersion(""))
	must(t, err)
	w := &world{s, accounts, c, fmt.Sprintf("infra-%d", repositories.Add(1)), &atomic.Int64{}}
	_, _, err = c.CreateRepo(sdk.CreateRepoOption{Name: w.name, AutoInit: true, DefaultBranch: "main"})
	must(t, err)
	write := sdk.AccessModeWrite
	_, err = c.AddCollaborator("author", w.name, "bot", sdk.AddCollaboratorOption{Permission: &write})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) Connect(t *testing.T, c forgetest.Connection) gitops.Forge {
	t.Helper()
	config := forge.Config{URL: w.server.URL, Repository: "author/" + w.name, Token: c.Token}
	if config.Token == nil {
		config.Token = func() (string, error) { return w.accounts[string(cmp.Or(c.As, forgetest.Bot))], nil }
	}
	if c.Through != nil {
		config.Transport = c.Through(http.DefaultTransport)
	}
	if c.Clock != nil {
		config.Now, config.Wait = c.Clock.Now, c.Clock.Wait
	}
	f, err := gitea.New(config)
	must(t, err)
	return f
}

// commit writes a file on a branch, which it makes when from is not "".
func (w *world) commit(t *testing.T, branch, from string) string {
	t.Helper()
	n := w.branches.Add(1)
	options := sdk.CreateFileOptions{Content: base64.StdEncoding.EncodeToString([]byte("x"))}
	options.Message, options.BranchName = "change", branch
	if from != "" {
		options.BranchName, options.NewBranchName = from, branch
	}
	r, _, err := w.author.CreateFile("author", w.name, fmt.Sprintf("file-%d", n), options)
	must(t, err)
	return r.Commit.SHA
}

func (w *world) Propose(t *testing.T, title string) gitops.PullRequest {
	t.Helper()
	branch := fmt.Sprintf("feature/%d", w.branches.Add(1))
	out := gitops.PullRequest{
		Title: title, Author: "author",
		Base: gitops.Revision{SHA: w.Trunk(t), Ref: "main"},
		Head: gitops.Revision{SHA: w.commit(t, branch, "main"), Ref: branch},
	}
	p, _, err := w.author.CreatePullRequest("author", w.name, sdk.CreatePullRequestOption{Head: branch, Base: "main", Title: title})
	must(t, err)
	out.Number = int(p.Index)
	return out
}

func (w *world) Push(t *testing.T, number int) string {
	t.Helper()
	p, _, err := w.author.GetPullRequest("author", w.name, int64(number))
	must(t, err)
	return w.commit(t, p.Head.Ref, "")
}

// Merge waits until Gitea has found out that there is no conflict.
func (w *world) Merge(t *testing.T, number int, squash bool) string {
	t.Helper()
	style := sdk.MergeStyleMerge
	if squash {
		style = sdk.MergeStyleSquash
	}
	for tries := 0; ; tries++ {
		ok, resp, err := w.author.MergePullRequest("author", w.name, int64(number), sdk.MergePullRequestOption{Style: style, DeleteBranchAfterMerge: new(true)})
		if ok {
			break
		}
		if tries > 100 {
			t.Fatalf("cannot merge: %v %v", resp.Status, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return w.Trunk(t)
}

func (w *world) Trunk(t *testing.T) string {
	t.Helper()
	b, _, err := w.author.GetRepoBranch("author", w.name, "main")
	must(t, err)
	return b.Commit.ID
}

func (w *world) Statuses(t *testing.T, sha string) []gitops.Status {
	t.Helper()
	all, _, err := w.author.GetCombinedStatus("author", w.name, sha)
	must(t, err)
	var out []gitops.Status
	for _, s := range all.Statuses {
		out = append(out, gitops.Status{
			Context: s.Context, State: gitops.StatusState(s.State), Description: s.Description, URL: strings.TrimSpace(s.TargetURL),
		})
	}
	return out
}

func (w *world) CheckRuns(*testing.T, string) []gitops.CheckRun { return nil }
