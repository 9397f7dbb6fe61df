package gitlab_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/gitlab"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func open(t *testing.T) forgetest.World { return server(t) }

func server(t *testing.T) *forgetest.Server {
	return forgetest.GitLab(t, func(c forgetest.Connection, url string, rt http.RoundTripper) (gitops.Forge, error) {
		return gitlab.New(forge.Config{
			URL: url, Repository: "team/sub/infra", Token: c.Token, Transport: rt, Now: c.Clock.Now, Wait: c.Clock.Wait,
		})
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	forgetest.Run(t, open)
	forgetest.RunServer(t, open)
}

func TestNoLineOfACommentIsCarriedOut(t *testing.T) {
	t.Parallel()
	w := server(t)
	ctx, f, n := t.Context(), w.Connect(t, forgetest.Connection{}), w.Propose(t, "a").Number
	for body, want := range map[string]string{
		"/merge":                   `\/merge`,
		"a\n/merge\n  /merge":      "a\n\\/merge\n  \\/merge",
		"```a```\n/merge":          "```a```\n\\/merge",
		"```\n/tmp/x\n```\n/merge": "```\n/tmp/x\n```\n\\/merge",
		"~~~~\n/a\n~~~\n/b\n~~~~":  "~~~~\n/a\n~~~\n/b\n~~~~",
		"a /merge":                 "a /merge",
	} {
		c, err := f.CreateComment(ctx, n, body)
		if err != nil || c.Body != want {
			t.Errorf("%q became %q (%v), want %q", body, c.Body, err, want)
			continue
		}
		if c, err = f.EditComment(ctx, n, c.ID, "x\n"+body); err != nil || c.Body != "x\n"+want {
			t.Errorf("%q was edited to %q (%v)", body, c.Body, err)
		}
	}
	if w.Actions() != 0 {
		t.Errorf("GitLab carried out %d commands", w.Actions())
	}
}

func TestLimitEndsWhenGitLabSays(t *testing.T) {
	t.Parallel()
	w := server(t)
	n := w.Propose(t, "a").Number
	clock := forgetest.NewClock(time.Unix(1_800_000_000, 0))
	f := w.Connect(t, forgetest.Connection{Clock: clock, Through: func(rt http.RoundTripper) http.RoundTripper {
		faulty := forgetest.NewFaulty(rt)
		faulty.Fail("", forgetest.Fault{Status: 429, Header: http.Header{"Ratelimit-Reset": {"1800000042"}, "Ratelimit-Remaining": {"0"}}, Body: strings.NewReader("Retry later\n")})
		return faulty
	}})
	if _, err := f.PullRequest(t.Context(), n); err != nil || len(clock.Waited()) != 1 || clock.Waited()[0] != 42*time.Second {
		t.Errorf("got %v after waiting %v", err, clock.Waited())
	}
}

func TestMissingScopeIsNamed(t *testing.T) {
	t.Parallel()
	w := server(t)
	f := w.Connect(t, forgetest.Connection{Through: func(rt http.RoundTripper) http.RoundTripper {
		faulty := forgetest.NewFaulty(rt)
		faulty.Fail("", forgetest.Fault{Status: 403, Body: strings.NewReader(
			`{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`)})
		return faulty
	}})
	_, err := f.PullRequest(t.Context(), 7)
	var e *gitops.Error
	if !errors.As(err, &e) || e.Kind != gitops.Denied || !strings.Contains(e.Next, "scope api") || !strings.Contains(err.Error(), "higher privileges") {
		t.Errorf("got %v", err)
	}
}

func TestTokenOfAJobGoesIntoItsOwnHeader(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"glpat-x": "Private-Token", "glcbt-64_x": "Job-Token"} {
		var got http.Header
		f, err := gitlab.New(forge.Config{Repository: "a/b", MaxWait: 1, Token: func() (string, error) { return token, nil },
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				got = r.Header
				return nil, errors.New("enough")
			})})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Me(t.Context()); err == nil || got.Get(want) != token || got.Get("Authorization") != "" {
			t.Errorf("%s: got %v (%v)", token, got, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
