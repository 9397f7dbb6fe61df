package forgetest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// line is a forge at the end of a line that goes wrong.
type line struct {
	gitops.Forge
	*Faulty
	clock  *Clock
	number int
	world  World
}

const secret = "s3cr3t-t0ken-never-shown"

func newLine(t *testing.T, w World) line {
	t.Helper()
	l := line{Faulty: &Faulty{}, clock: NewClock(time.Unix(1_800_000_000, 0)), world: w}
	l.number = w.Propose(t, "a").Number
	l.Forge = w.Connect(t, Connection{As: Bot, Clock: l.clock, Through: func(rt http.RoundTripper) http.RoundTripper {
		l.inner = rt
		return l.Faulty
	}})
	_, err := l.Me(t.Context())
	must(t, err)
	return l
}

// RunServer tests what a forge behind a server does when the line or the server
// fails.
func RunServer(t *testing.T, open func(t *testing.T) World) {
	refusals(t, open)
	repetitions(t, open)
	writes(t, open)
	t.Run("nonsense is an error", func(t *testing.T) { t.Parallel(); nonsense(t, open) })
	t.Run("a redirect to another host gets nothing", func(t *testing.T) { t.Parallel(); redirects(t, open(t)) })
	t.Run("tokens are asked for each time and never shown", func(t *testing.T) { t.Parallel(); tokensAsked(t, open(t)) })
}

func refusals(t *testing.T, open func(t *testing.T) World) {
	for _, c := range []struct {
		status int
		kind   gitops.Kind
		next   string
	}{
		{401, gitops.Denied, "TOKEN"}, {403, gitops.Denied, "TOKEN"}, {404, gitops.NotFound, ""},
		{422, gitops.Invalid, ""}, {413, gitops.Invalid, ""}, {418, gitops.Failed, ""}, {501, gitops.Failed, ""},
	} {
		t.Run(fmt.Sprintf("%d is refused at once and says why", c.status), func(t *testing.T) {
			t.Parallel()
			l := newLine(t, open(t))
			l.Fail("", Fault{Status: c.status, Body: strings.NewReader(`{"message":"because\u001b[31m of this"}`)})
			_, err := l.PullRequest(t.Context(), l.number)
			wantKind(t, err, c.kind)
			var e *gitops.Error
			if !errors.As(err, &e) || !strings.Contains(e.Next, c.next) || !strings.Contains(err.Error(), "because[31m of this") {
				t.Errorf("the error is %q, next %q", err, e.Next)
			}
			if len(l.clock.Waited()) > 0 {
				t.Errorf("it waited %v", l.clock.Waited())
			}
		})
	}
}

func repetitions(t *testing.T, open func(t *testing.T) World) {
	for name, fault := range map[string]Fault{
		"a reset": {}, "500": {Status: 500}, "502 with a page": {Status: 502, Header: http.Header{"Content-Type": {"text/html"}}},
		"503": {Status: 503}, "an answer that breaks off": {Status: 200, Body: io.MultiReader(strings.NewReader(`{"id"`), broken{})},
	} {
		t.Run(name+" is overcome by a read", func(t *testing.T) {
			t.Parallel()
			l := newLine(t, open(t))
			l.Fail("", fault, fault)
			if _, err := l.PullRequest(t.Context(), l.number); err != nil || len(l.clock.Waited()) != 2 {
				t.Errorf("got %v after waiting %v", err, l.clock.Waited())
			}
		})
	}
	t.Run("a server that stays broken is given up", func(t *testing.T) {
		t.Parallel()
		l := newLine(t, open(t))
		l.Fail("", make([]Fault, 100)...)
		_, err := l.PullRequest(t.Context(), l.number)
		wantKind(t, err, gitops.Failed)
		if !strings.Contains(err.Error(), "connection reset") || l.Left() < 90 {
			t.Errorf("after %d requests: %v", 100-l.Left(), err)
		}
	})
	t.Run("a limit is waited for, by writes too", func(t *testing.T) {
		t.Parallel()
		l := newLine(t, open(t))
		l.Fail("POST", Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}, "Content-Type": {"application/json"}}})
		_, err := l.CreateComment(t.Context(), l.number, "a")
		must(t, err)
		if w := l.clock.Waited(); len(w) != 1 || w[0] != 7*time.Second {
			t.Errorf("it waited %v", w)
		}
		wantBodies(t, l, l.number, "a")
	})
	t.Run("a limit that lasts long is an error that says until when", func(t *testing.T) {
		t.Parallel()
		l := newLine(t, open(t))
		l.Fail("", Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}})
		_, err := l.PullRequest(t.Context(), l.number)
		wantKind(t, err, gitops.Timeout)
		if !strings.Contains(err.Error(), "09:00:00 UTC (in 1h0m0s)") || len(l.clock.Waited()) > 0 {
			t.Errorf("got %v after waiting %v", err, l.clock.Waited())
		}
	})
}

// writes are never made twice.
func writes(t *testing.T, open func(t *testing.T) World) {
	for _, after := range []bool{false, true} {
		for _, status := range []int{0, 500, 504} {
			t.Run(fmt.Sprintf("a comment is there once, status %d, reached %v", status, after), func(t *testing.T) {
				t.Parallel()
				l := newLine(t, open(t))
				must1[gitops.Comment](t)(l.CreateComment(t.Context(), l.number, "before"))
				l.Fail("POST", Fault{Status: status, After: after})
				c := must1[gitops.Comment](t)(l.CreateComment(t.Context(), l.number, "a"))
				wantBodies(t, l, l.number, "before", "a")
				wantComment(t, l, l.number, c)
			})
		}
	}
	t.Run("an edit and a status are repeated", func(t *testing.T) {
		t.Parallel()
		l := newLine(t, open(t))
		ctx := t.Context()
		c := must1[gitops.Comment](t)(l.CreateComment(ctx, l.number, "a"))
		l.Fail("PATCH PUT", Fault{After: true})
		must1[gitops.Comment](t)(l.EditComment(ctx, l.number, c.ID, "b"))
		wantBodies(t, l, l.number, "b")
		s := gitops.Status{Context: "trunkline", State: gitops.StatusSuccess, Description: "d"}
		sha := l.world.Propose(t, "b").Head.SHA
		l.Fail("POST", Fault{After: true})
		must(t, l.SetStatus(ctx, sha, s))
		wantStatuses(t, l.world, sha, s)
	})
}

func nonsense(t *testing.T, open func(t *testing.T) World) {
	page := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	for name, c := range map[string]struct {
		fault Fault
		want  string
	}{
		"a web page":     {Fault{Status: 200, Header: page, Body: strings.NewReader("<html>sign in</html>")}, "web page"},
		"an endless one": {Fault{Status: 200, Body: endless{}}, "larger than"},
		"no JSON":        {Fault{Status: 200, Body: strings.NewReader("{{{")}, "cannot be read"},
		"other JSON":     {Fault{Status: 200, Body: strings.NewReader(`[1,"x"]`)}, "cannot be read"},
	} {
		l := newLine(t, open(t))
		l.Fail("", c.fault)
		_, err := l.PullRequest(t.Context(), l.number)
		wantKind(t, err, gitops.Failed)
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func redirects(t *testing.T, w World) {
	seen := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen++ }))
	defer elsewhere.Close()
	l := newLine(t, w)
	for _, method := range []string{"GET", "POST"} {
		l.Fail(method, Fault{Status: 307, Header: http.Header{"Location": {elsewhere.URL + "/x?y=z"}}})
		_, err := l.PullRequest(t.Context(), l.number)
		if method == "POST" {
			_, err = l.CreateComment(t.Context(), l.number, "a")
		}
		wantKind(t, err, gitops.Failed)
		if !strings.Contains(err.Error(), "redirects to") {
			t.Errorf("the error is %v", err)
		}
	}
	if seen != 0 {
		t.Error("the other host was asked")
	}
}

func tokensAsked(t *testing.T, w World) {
	l := newLine(t, w)
	count := 0
	f := w.Connect(t, Connection{As: Bot, Clock: l.clock, Through: func(rt http.RoundTripper) http.RoundTripper {
		l.inner = rt
		return l.Faulty
	}, Token: func() (string, error) {
		count++
		if count > 2 {
			return "", gitops.Errorf(gitops.Denied, "the token has run out")
		}
		return fmt.Sprint(secret, count), nil
	}})
	for range 2 {
		l.Fail("", Fault{Status: 403, Body: strings.NewReader(`{"message":"bad token ` + secret + `1 and ` + secret + `2"}`)})
		_, err := f.PullRequest(t.Context(), l.number)
		wantKind(t, err, gitops.Denied)
		if strings.Contains(err.Error(), fmt.Sprint(secret, count)) || !strings.Contains(err.Error(), "[token]") {
			t.Errorf("the error is %v", err)
		}
	}
	_, err := f.PullRequest(t.Context(), l.number)
	wantKind(t, err, gitops.Denied)
	if !strings.Contains(err.Error(), "run out") {
		t.Errorf("the error is %v", err)
	}
	if n := len(l.tokens); n < 2 || !strings.HasSuffix(l.tokens[n-2], secret+"1") || !strings.HasSuffix(l.tokens[n-1], secret+"2") {
		t.Errorf("the forge got %v", l.tokens)
	}
}
