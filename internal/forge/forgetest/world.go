// Package forgetest holds what every forge must do, as tests that run on each of
// them: on files, on servers that answer as GitHub, GitLab and Gitea do, and on a
// real Gitea.
package forgetest

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Account is who calls a forge.
type Account string

// The accounts of a world. The bot writes comments, the stranger may write
// comments too, and both may not touch what the other wrote.
const (
	Bot      Account = "bot"
	Stranger Account = "stranger"
)

// Connection is how a test connects.
type Connection struct {
	As Account
	// Through wraps the transport; nil for none.
	Through func(http.RoundTripper) http.RoundTripper
	// Clock is the time that passes; nil for one that starts now.
	Clock *Clock
	// Token replaces the account's token.
	Token func() (string, error)
}

// World is a forge with an empty repository that a test may do anything with.
type World interface {
	// Connect returns the forge as an account sees it.
	Connect(t *testing.T, c Connection) gitops.Forge
	// Propose pushes a branch with a commit and opens a pull request for it.
	Propose(t *testing.T, title string) gitops.PullRequest
	// Push adds a commit to the head and returns it.
	Push(t *testing.T, number int) string
	// Merge merges with a merge commit, which it returns, or where squash is asked
	// with a new commit.
	Merge(t *testing.T, number int, squash bool) string
	// Trunk returns the newest commit of the base branch.
	Trunk(t *testing.T) string
	// Statuses are the newest of each context, in no order.
	Statuses(t *testing.T, sha string) []gitops.Status
	// CheckRuns are the newest of each name.
	CheckRuns(t *testing.T, sha string) []gitops.CheckRun
}

// Clock is a clock that only waiting moves.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	waited []time.Duration
}

// NewClock returns a clock that stands.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait moves the clock.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	c.now = c.now.Add(d)
	c.waited = append(c.waited, d)
	return nil
}

// Waited returns how long was waited, each time.
func (c *Clock) Waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.waited...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must1[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func wantKind(t *testing.T, err error, kinds ...gitops.Kind) {
	t.Helper()
	got := gitops.KindOf(err)
	for _, k := range kinds {
		if got == k {
			return
		}
	}
	t.Fatalf("got kind %d (%v), want one of %v", got, err, kinds)
}
