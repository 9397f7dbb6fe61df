package github_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/github"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestWhatIsUnchangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := server(t)
	f, n := w.Connect(t, forgetest.Connection{}), w.Propose(t, "a").Number
	for range 3 {
		if _, err := f.PullRequest(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if w.Unchanged() != 4 {
		t.Errorf("%d answers were unchanged, want 4: two of three times the pull request and the branch", w.Unchanged())
	}
	sha := w.Push(t, n)
	if p, err := f.PullRequest(t.Context(), n); err != nil || p.Head.SHA != sha {
		t.Errorf("after a push: %v, %v", p.Head, err)
	}
}

func TestCommentsAreReadAHundredAtATime(t *testing.T) {
	t.Parallel()
	w := server(t)
	f, n := w.Connect(t, forgetest.Connection{}), w.Propose(t, "a").Number
	for range 201 {
		if _, err := f.CreateComment(t.Context(), n, "a"); err != nil {
			t.Fatal(err)
		}
	}
	before, count := len(w.Requests()), 0
	for _, err := range f.Comments(t.Context(), n) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	const path = "GET /api/v3/repos/team/infra/issues/7/comments?"
	want := []string{path + "per_page=100", path + "page=2&per_page=100", path + "page=3&per_page=100"}
	if got := w.Requests()[before:]; count != 201 || !slices.Equal(got, want) {
		t.Errorf("%d comments with %v, want %v", count, got, want)
	}
}

func TestHourlyLimitIsWaitedForOrReported(t *testing.T) {
	t.Parallel()
	for _, minutes := range []int{1, 40} {
		w := server(t)
		n := w.Propose(t, "a").Number
		clock := forgetest.NewClock(time.Unix(1_800_000_000, 0))
		f := w.Connect(t, forgetest.Connection{Clock: clock})
		w.LimitRequests(1, clock, clock.Now().Add(time.Duration(minutes)*time.Minute))
		_, err := f.CreateComment(t.Context(), n, "a")
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.CreateComment(t.Context(), n, "b")
		if minutes == 1 && (err != nil || len(clock.Waited()) != 1 || clock.Waited()[0] != time.Minute) {
			t.Errorf("got %v after waiting %v", err, clock.Waited())
		}
		if minutes == 40 && (gitops.KindOf(err) != gitops.Timeout || !strings.Contains(err.Error(), "in 40m0s")) {
			t.Errorf("got %v", err)
		}
	}
}

// refuse answers the next POST as GitHub would.
func refuse(status int, header http.Header, body string) func(http.RoundTripper) http.RoundTripper {
	return func(rt http.RoundTripper) http.RoundTripper {
		faulty := forgetest.NewFaulty(rt)
		faulty.Fail("POST", forgetest.Fault{Status: status, Header: header, Body: strings.NewReader(body)})
		return faulty
	}
}

func TestSecondaryLimitIsWaitedForAMinute(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 429} {
		w := server(t)
		n := w.Propose(t, "a").Number
		clock := forgetest.NewClock(time.Unix(1_800_000_000, 0))
		f := w.Connect(t, forgetest.Connection{Clock: clock, Through: refuse(status, http.Header{},
			`{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`)})
		if _, err := f.CreateComment(t.Context(), n, "a"); err != nil || len(clock.Waited()) != 1 || clock.Waited()[0] != time.Minute {
			t.Errorf("%d: got %v after waiting %v", status, err, clock.Waited())
		}
	}
}

func TestDeniedSaysWhichPermissionIsMissing(t *testing.T) {
	t.Parallel()
	for want, header := range map[string]http.Header{
		"pull-requests: write":                  {},
		"issues: write or pull-requests: write": {"X-Accepted-Github-Permissions": {"issues=write; pull_requests=write"}},
	} {
		w := server(t)
		n := w.Propose(t, "a").Number
		f := w.Connect(t, forgetest.Connection{Through: refuse(403, header, `{"message":"Resource not accessible by integration"}`)})
		_, err := f.CreateComment(t.Context(), n, "a")
		var e *gitops.Error
		if !errors.As(err, &e) || e.Kind != gitops.Denied || !strings.Contains(e.Next, want) {
			t.Errorf("got %v, next %q, want %q in it", err, e.Next, want)
		}
	}
}

func TestTokenOfAJobIsKnownByTheNameItWritesUnder(t *testing.T) {
	t.Parallel()
	w := server(t)
	w.UseJobToken()
	me, err := w.Connect(t, forgetest.Connection{}).Me(t.Context())
	if err != nil || me != "bot" {
		t.Errorf("got %q, %v", me, err)
	}
}

func TestUserMayNotWriteCheckRunsAndIsTold(t *testing.T) {
	t.Parallel()
	w := server(t)
	w.UseUserToken()
	sha := w.Propose(t, "a").Head.SHA
	err := w.Connect(t, forgetest.Connection{}).SetCheckRun(t.Context(), sha, gitops.CheckRun{Name: "a", Title: "b", Summary: "c"})
	var e *gitops.Error
	if !errors.As(err, &e) || e.Kind != gitops.Denied || !strings.Contains(e.Next, "checks: write") {
		t.Errorf("got %v", err)
	}
}

func TestAnOpenPullRequestIsNotWhereACommitCameFrom(t *testing.T) {
	t.Parallel()
	w := server(t)
	of, err := w.Connect(t, forgetest.Connection{}).PullRequestsOf(t.Context(), w.Propose(t, "a").Head.SHA)
	if err != nil || len(of) != 0 {
		t.Errorf("got %v, %v", of, err)
	}
}

func TestAddressesOfGitHub(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                               "https://api.github.com/",
		"https://github.com":             "https://api.github.com/",
		"https://api.github.com/":        "https://api.github.com/",
		"https://acme.ghe.com":           "https://api.acme.ghe.com/",
		"https://git.acme.test":          "https://git.acme.test/api/v3/",
		"https://git.acme.test/api/v3":   "https://git.acme.test/api/v3/",
		"http://127.0.0.1:8080/":         "http://127.0.0.1:8080/api/v3/",
		"ftp://github.com":               "",
		"https://user:pass@github.com":   "",
		"https://github.com/?token=a":    "",
		"github.com":                     "",
		"https://github.com/\x00":        "",
		"https://evilgithub.com.example": "https://evilgithub.com.example/api/v3/",
	} {
		asked := ""
		f, err := github.New(forge.Config{URL: address, Repository: "a/b", Token: func() (string, error) { return "t", nil },
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				asked = strings.TrimSuffix(r.URL.String(), "user")
				return nil, errors.New("enough")
			}), MaxWait: 1})
		if err == nil {
			_, err = f.Me(t.Context())
		}
		if asked != want || err == nil {
			t.Errorf("%q led to %q (%v), want %q", address, asked, err, want)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRepositoryMustBeAPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "a", "a/b/c", "../b", "a/..", "a/b?x", "a/ b", "-a/b", "a/b\n"} {
		if _, err := github.New(forge.Config{Repository: path}); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v", path, err)
		}
	}
}
