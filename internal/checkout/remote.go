package checkout

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Remote is a repository on a forge that commits are fetched from.
type Remote struct {
	// URL is its address: "https://github.com/acme/shop.git". gitops.ParseForgeURL
	// says what is allowed.
	URL string
	// User goes with the token; "" means x-access-token, which GitHub and Gitea
	// take. GitLab wants gitlab-ci-token for the token of a job, and takes any name
	// for others.
	User string
	// Token returns the token; nil, or "" from it, asks as nobody. It is in the
	// environment of the one git process that fetches, bound to the host of URL,
	// and nowhere else.
	Token func() (string, error)
	// Local allows URL to be the absolute path of a repository on this machine.
	Local bool
	// Lookup finds the addresses of a host; nil means the system's way.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// endpoint is a remote that was checked.
type endpoint struct {
	url      string
	protocol string   // what GIT_ALLOW_PROTOCOL allows
	settings []string // -c settings for git; nothing secret
	secrets  []string // environment; secret
	hide     []string // texts that no error may show
}

// check refuses addresses that run something, lead elsewhere or carry secrets,
// and binds the token to the host.
func (m Remote) check(ctx context.Context, environ []string) (endpoint, error) {
	if m.Local && filepath.IsAbs(m.URL) {
		return endpoint{url: m.URL, protocol: "file"}, nil
	}
	u, err := gitops.ParseForgeURL(m.URL)
	if err != nil {
		return endpoint{}, err
	}
	e := endpoint{url: u.String(), protocol: u.Scheme}
	if e.settings, err = m.pin(ctx, u, environ); err != nil {
		return endpoint{}, err
	}
	if m.Token == nil {
		return e, nil
	}
	token, err := m.Token()
	if err != nil || token == "" {
		return e, err
	}
	if strings.IndexFunc(token, gitops.Unreadable) >= 0 {
		return endpoint{}, gitops.Errorf(gitops.Invalid, "the token for %s has a line break or another character that no token has", u.Host)
	}
	user := m.User
	if user == "" {
		user = "x-access-token"
	}
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + token))
	e.secrets = configEnv("http."+u.Scheme+"://"+u.Host+"/.extraHeader", "Authorization: Basic "+basic)
	e.hide = []string{token, basic}
	return e, nil
}

// configEnv gives git one setting by its environment, which no other user sees.
func configEnv(key, value string) []string {
	return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=" + key, "GIT_CONFIG_VALUE_0=" + value}
}

// pin looks a name up, refuses addresses at which no forge can be, and tells git
// to use exactly these, so that a second answer of the name server cannot lead
// elsewhere. Behind a proxy names may be unknown here; the proxy looks them up.
func (m Remote) pin(ctx context.Context, u *url.URL, environ []string) ([]string, error) {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return nil, nil // ParseForgeURL has judged it
	}
	lookup := m.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, host)
	if err != nil {
		if proxied(environ) {
			return nil, nil
		}
		return nil, gitops.Errorf(gitops.Failed, "cannot find %s: %w", host, err)
	}
	var texts []string
	for _, a := range addrs {
		why := gitops.AddressProblem(a)
		if a.Unmap().IsLoopback() {
			why = "it is this machine under another name"
		}
		if why != "" {
			return nil, gitops.Errorf(gitops.Denied, "%s has the address %s: %s", host, a, why)
		}
		text := a.Unmap().String()
		if a.Unmap().Is6() {
			text = "[" + text + "]"
		}
		texts = append(texts, text)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return []string{"-c", fmt.Sprintf("http.curloptResolve=%s:%s:%s", host, port, strings.Join(texts, ","))}, nil
}

// network are the variables of the operator that say how to reach the network.
var network = []string{
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
	"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

func proxied(environ []string) bool {
	return slices.ContainsFunc(network[:6], func(name string) bool { return value(environ, name) != "" })
}

// networkOf returns the variables that a fetch needs to reach its remote. libcurl
// does not read SSL_CERT_FILE by itself; Go does, and both should agree.
func networkOf(environ []string) []string {
	var out []string
	for _, name := range network {
		if v := value(environ, name); v != "" {
			out = append(out, name+"="+v)
		}
	}
	if file := value(environ, "SSL_CERT_FILE"); file != "" && value(environ, "GIT_SSL_CAINFO") == "" {
		out = append(out, "GIT_SSL_CAINFO="+file)
	}
	return out
}
