package forge_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var profile = forge.Profile{
	Name: "Forge", Variable: "FORGE_TOKEN",
	Header:  func(token string) (string, string) { return "Authorization", "Bearer " + token },
	Limited: func(a forge.Answer, now time.Time) (time.Time, bool) { return forge.TooMany(a, now, "X-Reset") },
	Needs:   func(string, string, forge.Answer) string { return "more" },
}

// dial returns a client for a server, and how often it waited.
func dial(t *testing.T, h http.HandlerFunc) (do func(method, path string) (string, error), waited *int) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	waited = new(int)
	client := forge.NewClient(base, forge.Config{
		Token:     func() (string, error) { return "t0ken", nil },
		Transport: server.Client().Transport,
		Wait:      func(context.Context, time.Duration) error { *waited++; return nil },
	}, profile)
	return func(method, path string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader("sent"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", forge.Fail(err, "cannot do it")
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		return string(data), err
	}, waited
}

func TestConnectionsThatAreResetAreTriedAgainWithTheSameBody(t *testing.T) {
	t.Parallel()
	tries := 0
	do, waited := dial(t, func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 4 {
			panic(http.ErrAbortHandler) // the server resets the connection
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append(body, r.Header.Get("Authorization")...))
	})
	got, err := do("PUT", "/")
	if err != nil || got != "sentBearer t0ken" || *waited == 0 {
		t.Errorf("got %q, %v after waiting %d times", got, err, *waited)
	}
}

func TestWriteThatMayHaveTakenEffectIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	do, _ := dial(t, func(http.ResponseWriter, *http.Request) {
		tries++
		panic(http.ErrAbortHandler)
	})
	_, err := do("POST", "/")
	if !forge.OutcomeUnknown(err) || gitops.KindOf(err) != gitops.Failed || tries != 1 {
		t.Errorf("got %v after %d tries", err, tries)
	}
}

func TestAnswerWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	do, _ := dial(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat("x", 1<<20))
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, err := do("GET", "/")
	if gitops.KindOf(err) != gitops.Failed || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, to, want, fails string }{
		{"GET", "/new", "at /new", ""},
		{"GET", "/circle", "", "in a circle"},
		{"GET", "https://elsewhere.example/x?secret=1", "", "redirects to elsewhere.example, which gets neither"},
		{"POST", "/new", "", "another name now"},
	} {
		do, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/new":
				_, _ = io.WriteString(w, "at "+r.URL.Path)
			case "/circle":
				http.Redirect(w, r, "/circle", http.StatusFound)
			default:
				http.Redirect(w, r, c.to, http.StatusMovedPermanently)
			}
		})
		got, err := do(c.method, "/old")
		if got != c.want || (err == nil) != (c.fails == "") || err != nil && (!strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s to %s: got %q, %v", c.method, c.to, got, err)
		}
	}
}

func TestTokensThatCannotBeTokensAreNotSent(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "forge.example", Path: "/"}
	for token, kind := range map[string]gitops.Kind{"": gitops.Denied, "\n": gitops.Denied, "a\nb": gitops.Denied, "ü": gitops.Denied, "a b": gitops.Denied, " good\n": gitops.Failed} {
		sent := ""
		client := forge.NewClient(base, forge.Config{
			Token: func() (string, error) { return token, nil }, MaxWait: 1,
			Transport: transport(func(r *http.Request) (*http.Response, error) {
				sent = r.Header.Get("Authorization")
				return nil, io.ErrUnexpectedEOF
			}),
		}, profile)
		_, err := client.Get(base.String())
		if gitops.KindOf(err) != kind || (kind == gitops.Failed) != (sent == "Bearer good") {
			t.Errorf("%q: got %v, sent %q", token, err, sent)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLimitThatLastsForCenturiesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	tries := 0
	do, waited := dial(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries > 1 {
			w.Header().Set("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")
		} else {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(429)
	})
	_, err := do("GET", "/")
	if gitops.KindOf(err) != gitops.Timeout || *waited != 1 {
		t.Errorf("got %v after waiting %d times", err, *waited)
	}
}

func TestCutCountsCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{"äöü", 3, "äöü"}, {"äöüß", 3, "äö…"}, {"a", 0, "a"}, {"ab", 1, "…"}} {
		if got := forge.Cut(c.text, c.limit); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(403, `{"message":"no","errors":[{"message":"x"}]}`, "12")
	f.Add(429, "{{{", "Wed, 21 Oct 2065 07:28:00 GMT")
	f.Add(422, `["a",["b",{"c":{"d":"\u001b[31m t0ken"}}]]`, "-1")
	base := &url.URL{Scheme: "https", Host: "forge.example", Path: "/"}
	f.Fuzz(func(t *testing.T, status int, body, retry string) {
		if status < 400 || status > 599 {
			return
		}
		client := forge.NewClient(base, forge.Config{
			Token: func() (string, error) { return "t0ken", nil }, Wait: func(context.Context, time.Duration) error { return nil },
			Transport: transport(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retry}}, Body: io.NopCloser(strings.NewReader(body))}, nil
			}),
		}, profile)
		_, err := client.Get(base.String())
		err = forge.Fail(err, "cannot do it")
		if err == nil {
			t.Fatal("no error")
		}
		if text := err.Error(); len(text) > 3000 || strings.ContainsAny(text, "\x00\x1b\n\r") || strings.Contains(text, "t0ken") {
			t.Fatalf("the error is %q", text)
		}
	})
}
