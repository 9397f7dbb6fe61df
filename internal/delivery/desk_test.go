package delivery

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// desk is a forge in memory that notes in which order it is asked for what.
type desk struct {
	mu       sync.Mutex
	events   []string
	comments []gitops.Comment
	statuses map[string]gitops.Status
	pull     gitops.PullRequest
	merged   []gitops.PullRequest // those that the commit came from
	fails    string               // calls whose names begin so fail
	called   func(event string)
}

func newDesk() *desk { return &desk{statuses: map[string]gitops.Status{}} }

// do notes a call, and fails those that shall fail.
func (k *desk) do(event string) error {
	k.mu.Lock()
	k.events = append(k.events, event)
	fails := k.fails != "" && strings.HasPrefix(event, k.fails)
	k.mu.Unlock()
	if k.called != nil {
		k.called(event)
	}
	if fails {
		return gitops.Errorf(gitops.Failed, "the forge is down")
	}
	return nil
}

func (k *desk) Kind() string { return "local" }
func (k *desk) Limits() gitops.ForgeLimits {
	return gitops.ForgeLimits{Comment: 60000, Description: 140}
}
func (k *desk) Me(context.Context) (string, error) { return "bot", k.do("me") }

func (k *desk) PullRequest(context.Context, int) (gitops.PullRequest, error) {
	return k.pull, k.do("pull request")
}

func (k *desk) PullRequestsOf(context.Context, string) ([]gitops.PullRequest, error) {
	return k.merged, k.do("pull requests of")
}

func (k *desk) Comments(context.Context, int) iter.Seq2[gitops.Comment, error] {
	return func(yield func(gitops.Comment, error) bool) {
		if err := k.do("comments"); err != nil {
			yield(gitops.Comment{}, err)
			return
		}
		for _, c := range slices.Clone(k.comments) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (k *desk) Comment(_ context.Context, _ int, id string) (gitops.Comment, error) {
	i, _ := strconv.Atoi(id)
	return k.comments[i], k.do("comment read")
}

func (k *desk) CreateComment(_ context.Context, _ int, body string) (gitops.Comment, error) {
	if err := k.do("comment created"); err != nil {
		return gitops.Comment{}, err
	}
	c := gitops.Comment{ID: strconv.Itoa(len(k.comments)), Author: "bot", Body: body}
	k.comments = append(k.comments, c)
	return c, nil
}

func (k *desk) EditComment(_ context.Context, _ int, id, body string) (gitops.Comment, error) {
	if err := k.do("comment edited"); err != nil {
		return gitops.Comment{}, err
	}
	i, _ := strconv.Atoi(id)
	k.comments[i].Body = body
	return k.comments[i], nil
}

func (k *desk) DeleteComment(context.Context, int, string) error { return k.do("comment deleted") }

func (k *desk) SetStatus(_ context.Context, sha string, s gitops.Status) error {
	if err := k.do("status " + s.Context + " " + string(s.State)); err != nil {
		return err
	}
	k.statuses[sha+" "+s.Context] = s
	return nil
}

func (k *desk) SetCheckRun(context.Context, string, gitops.CheckRun) error { return k.do("check run") }

// story is a pull request of a repository, and a delivery of it that gets as far as
// the driver, which is broken.
type story struct {
	job   Job
	desk  *desk
	notes []string
}

// errBroken is what the driver says.
var errBroken = &gitops.Error{Kind: gitops.Invalid, What: "the estate program does not compile", Next: "mend it"}

func newStory(t *testing.T) *story {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=a@b",
			"GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=a@b")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "--all")
		git("commit", "-q", "-m", "Change it")
	}
	git("init", "-q", "-b", "main")
	write("name: shop\n")
	base := git("rev-parse", "HEAD")
	git("checkout", "-q", "-b", "feature")
	write("name: shop\nruntime: go\n")
	s := &story{desk: newDesk()}
	s.job = Job{
		Context: ci.Context{System: ci.Plain, Event: ci.PullRequest, Forge: "local", Number: 7, Trunk: "main", Run: ci.Run{Number: 5, Attempt: 1},
			Head: gitops.Revision{SHA: git("rev-parse", "HEAD"), Ref: "feature"}, Base: gitops.Revision{SHA: base, Ref: "main"}},
		Forge: s.desk, Dir: dir, Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Note: func(text string) { s.notes = append(s.notes, text) },
		Driver: func(string) (*driver.Driver, error) {
			return nil, errBroken
		},
	}
	s.desk.pull = gitops.PullRequest{Number: 7, Title: "Change it", Head: s.job.Context.Head, Base: s.job.Context.Base}
	return s
}

// pushed makes it the push of the head to the trunk branch.
func (s *story) pushed() *story {
	s.job.Context.Event, s.job.Context.Number, s.job.Context.Head.Ref = ci.Push, 0, "main"
	return s
}

// aggregate is the last that was said of the commit as a whole.
func (s *story) aggregate() gitops.Status {
	return s.desk.statuses[s.job.Context.Head.SHA+" trunkline"]
}
