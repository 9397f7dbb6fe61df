package forge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	patience   = 30 * time.Second // for one request
	maxWait    = 2 * time.Minute  // for all repetitions of one
	maxBody    = 16 << 20         // bytes of one answer
	maxHops    = 5                // redirects
	maxRepeats = 4                // after failures
)

// NewClient returns an HTTP client for the API at base. It adds the token to
// requests to that host and makes no others, repeats what may be repeated, keeps
// answers that the forge says are unchanged, bounds what it reads, and returns an
// error of a gitops.Kind for every answer that is not a success.
func NewClient(base *url.URL, c Config, p Profile) *http.Client {
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	if c.MaxWait <= 0 {
		c.MaxWait = maxWait
	}
	t := &transport{base: base, config: c, profile: p}
	return &http.Client{Transport: t, CheckRedirect: t.redirect}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

type transport struct {
	base    *url.URL
	config  Config
	profile Profile
	kept    cache
}

// redirect follows only within the host, and never turns a write into a read.
func (t *transport) redirect(req *http.Request, via []*http.Request) error {
	switch {
	case !t.home(req.URL):
		return gitops.Errorf(gitops.Failed, "%s at %s redirects to %s, which gets neither the request nor the token", t.profile.Name, t.base.Host, req.URL.Host)
	case len(via) > maxHops:
		return gitops.Errorf(gitops.Failed, "%s at %s redirects in a circle", t.profile.Name, t.base.Host)
	case req.Method != via[0].Method:
		return &gitops.Error{
			Kind: gitops.Failed, What: t.profile.Name + " redirects a write: the repository has another name now",
			Next: "use the present path of the repository",
		}
	}
	return nil
}

func (t *transport) home(u *url.URL) bool { return u.Scheme == t.base.Scheme && u.Host == t.base.Host }

// RoundTrip makes a request until it succeeds or there is no use in going on.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.home(req.URL) {
		return nil, gitops.Errorf(gitops.Failed, "%s at %s sends to %s, which gets neither the request nor the token", t.profile.Name, t.base.Host, req.URL.Host)
	}
	body, err := drain(req)
	if err != nil {
		return nil, err
	}
	var waited time.Duration
	for n := 0; ; n++ {
		token, err := t.token()
		if err != nil {
			return nil, err
		}
		a, err := t.once(req, body, token)
		if err == nil && a.Status < 400 {
			return t.success(req, a)
		}
		if req.Context().Err() != nil {
			return nil, contextError(req.Context().Err())
		}
		v := t.judge(req, a, err, n, redact{token})
		if v.again && v.after <= t.config.MaxWait-waited {
			waited += v.after
			if err := t.config.Wait(req.Context(), v.after); err != nil {
				return nil, contextError(err)
			}
			continue
		}
		return nil, v.err
	}
}

func (t *transport) token() (string, error) {
	token, err := t.config.Token()
	if err != nil {
		return "", err
	}
	if token = strings.TrimSpace(token); strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", gitops.Errorf(gitops.Denied, "the token for %s holds characters that no token has", t.profile.Name)
	}
	if token == "" {
		return "", &gitops.Error{
			Kind: gitops.Denied, What: "there is no token for " + t.profile.Name, Next: "set " + t.profile.Variable,
		}
	}
	return token, nil
}

// once makes one request and reads the whole answer.
func (t *transport) once(req *http.Request, body []byte, token string) (Answer, error) {
	ctx, stop := context.WithTimeout(req.Context(), patience)
	defer stop()
	out := req.Clone(ctx)
	if out.Body = http.NoBody; len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	out.GetBody, out.ContentLength = nil, int64(len(body))
	out.Header.Set(t.profile.Header(token))
	t.kept.ask(out)
	resp, err := t.config.Transport.RoundTrip(out)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return Answer{}, fmt.Errorf("the answer broke off: %w", err)
	}
	if len(data) > maxBody {
		return Answer{}, errTooLarge
	}
	return t.kept.keep(out, Answer{resp.StatusCode, resp.Header, data}), nil
}

// success turns an answer back into what client libraries expect.
func (t *transport) success(req *http.Request, a Answer) (*http.Response, error) {
	if isPage(a) && a.Status < 300 {
		return nil, &gitops.Error{
			Kind: gitops.Failed, What: fmt.Sprintf("%s at %s answers with a web page instead of its API", t.profile.Name, t.base.Host),
			Next: "look whether the address of the forge is right, and whether a login page or a proxy stands before it",
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)), StatusCode: a.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.Header,
		Body: io.NopCloser(bytes.NewReader(a.Body)), ContentLength: int64(len(a.Body)), Request: req,
	}, nil
}

// drain reads what a request sends, so that it can be sent again.
func drain(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "cannot read the request: %w", err)
	}
	return data, nil
}
