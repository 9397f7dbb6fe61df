package forgetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Hub is what a forge knows, in memory. GitHub, GitLab and Gitea each show it in
// their own words.
type Hub struct {
	mu       sync.Mutex
	requests []string
	commits  map[string]bool
	trunk    string
	pulls    []*pull
	comments []*note
	statuses map[string][]gitops.Status // by commit, oldest first
	checks   []*check
	last     int

	clock     *Clock
	limit     int       // requests until no more are allowed; 0 for no limit
	reset     time.Time // when they are again
	jobToken  bool      // the token has no user
	userToken bool      // the token is not one of an app
	actions   int       // lines of comments that were carried out
	alike     bool      // errors are shown as failures
	unchanged int       // answers that nothing has changed
}

// LimitRequests allows so many more requests until a time; then all are again.
func (h *Hub) LimitRequests(n int, clock *Clock, reset time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.limit, h.reset, h.clock = len(h.requests)+n, reset, clock
}

// limited tells whether this request is one too many.
func (h *Hub) limited() bool {
	return h.limit > 0 && len(h.requests) > h.limit && h.clock.Now().Before(h.reset)
}

// UseJobToken makes the tokens those of a job: they have no user.
func (h *Hub) UseJobToken() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jobToken = true
}

// UseUserToken makes the tokens those of users, who may not write check runs.
func (h *Hub) UseUserToken() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.userToken = true
}

// Actions counts the lines of comments that were carried out.
func (h *Hub) Actions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.actions
}

// ShowsErrorsAsFailures tells whether the forge knows one kind of failure only.
func (h *Hub) ShowsErrorsAsFailures() bool { return h.alike }

// Unchanged counts the answers that nothing has changed.
func (h *Hub) Unchanged() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unchanged
}

type pull struct {
	gitops.PullRequest
	squashed bool
}

type note struct {
	id     int
	pull   int
	author string
	body   string
	system bool // a note of the forge itself
}

type check struct {
	id  int
	sha string
	run gitops.CheckRun
}

// The accounts' tokens.
var tokens = map[string]Account{"bot-token-4711": Bot, "stranger-token-0815": Stranger}

func newHub() *Hub {
	h := &Hub{commits: map[string]bool{}, statuses: map[string][]gitops.Status{}}
	h.trunk = h.commit()
	return h
}

// commit makes up a commit.
func (h *Hub) commit() string {
	sha := fmt.Sprintf("%040x", 0xc0ffee0000+h.number())
	h.commits[sha] = true
	return sha
}

func (h *Hub) number() int {
	h.last++
	return h.last
}

// pull returns the pull request of a number, nil when there is none.
func (h *Hub) pull(number int) *pull {
	for _, p := range h.pulls {
		if p.Number == number {
			p.Base.SHA = h.trunk
			return p
		}
	}
	return nil
}

func (h *Hub) note(id int) *note {
	for _, n := range h.comments {
		if n.id == id {
			return n
		}
	}
	return nil
}

// notes are those of one pull request.
func (h *Hub) notes(number int) []*note {
	var out []*note
	for _, n := range h.comments {
		if n.pull == number {
			out = append(out, n)
		}
	}
	return out
}

func (h *Hub) remove(n *note) {
	h.comments = slices.DeleteFunc(h.comments, func(x *note) bool { return x == n })
}

func (h *Hub) add(number int, author Account, body string) *note {
	n := &note{id: 1000 + h.number(), pull: number, author: string(author), body: body}
	h.comments = append(h.comments, n)
	return n
}

// Server is a World behind an HTTP server, with a Hub that tests can set.
type Server struct {
	*Hub
	server *httptest.Server
	dial   func(Connection, string, http.RoundTripper) (gitops.Forge, error)
}

func newWorld(t *testing.T, handler func(*Hub) http.Handler, dial func(Connection, string, http.RoundTripper) (gitops.Forge, error)) *Server {
	t.Helper()
	h := newHub()
	inner := handler(h)
	w := &Server{Hub: h, dial: dial, server: httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.requests = append(h.requests, r.Method+" "+r.URL.RequestURI())
		inner.ServeHTTP(rw, r)
	}))}
	t.Cleanup(w.server.Close)
	return w
}

func (w *Server) Connect(t *testing.T, c Connection) gitops.Forge {
	t.Helper()
	c = c.complete(func() (string, error) {
		for token, account := range tokens {
			if account == c.As {
				return token, nil
			}
		}
		return "", nil
	})
	f, err := w.dial(c, w.server.URL, c.Through(w.server.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// complete fills in what a test does not say.
func (c Connection) complete(token func() (string, error)) Connection {
	if c.As == "" {
		c.As = Bot
	}
	if c.Token == nil {
		c.Token = token
	}
	if c.Clock == nil {
		c.Clock = NewClock(time.Now())
	}
	if c.Through == nil {
		c.Through = func(rt http.RoundTripper) http.RoundTripper { return rt }
	}
	return c
}

func (w *Server) Propose(t *testing.T, title string) gitops.PullRequest {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.pulls) + 7
	p := &pull{PullRequest: gitops.PullRequest{
		Number: n, Title: title, Author: "author",
		Head: gitops.Revision{SHA: w.commit(), Ref: fmt.Sprintf("feature/%d", n)},
		Base: gitops.Revision{SHA: w.trunk, Ref: "main"},
	}}
	w.pulls = append(w.pulls, p)
	system := w.add(n, "author", "added 1 commit")
	system.system = true
	return p.PullRequest
}

func (w *Server) Push(t *testing.T, number int) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.pull(number)
	p.Head.SHA = w.commit()
	return p.Head.SHA
}

func (w *Server) Merge(t *testing.T, number int, squash bool) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.pull(number)
	p.Closed, p.Merged, p.squashed = true, w.commit(), squash
	w.trunk = p.Merged
	return p.Merged
}

func (w *Server) Trunk(*testing.T) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trunk
}

func (w *Server) Statuses(t *testing.T, sha string) []gitops.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []gitops.Status
	for _, s := range w.statuses[sha] {
		out = slices.DeleteFunc(out, func(o gitops.Status) bool { return o.Context == s.Context })
		out = append(out, s)
	}
	return out
}

func (w *Server) CheckRuns(_ *testing.T, sha string) []gitops.CheckRun {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []gitops.CheckRun
	for _, c := range w.checks {
		if c.sha == sha {
			out = append(out, c.run)
		}
	}
	return out
}

// Requests are the requests that reached the server, each as "GET /path?query".
func (w *Server) Requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// account is whose token a request carries, "" for none that is known.
func account(header string) Account {
	_, token, found := strings.Cut(header, " ")
	if !found {
		token = header
	}
	return tokens[token]
}
