package diy

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Schemes lists what the URLs begin with that Open understands.
func Schemes() []string { return []string{"file://", "s3://", "gs://", "azblob://"} }

// Serves tells whether Open understands the URL's scheme.
func Serves(rawURL string) bool {
	_, ok := schemeOf(rawURL)
	return ok
}

func schemeOf(rawURL string) (string, bool) {
	for _, s := range Schemes() {
		if strings.HasPrefix(rawURL, s) {
			return strings.TrimSuffix(s, "://"), true
		}
	}
	return "", false
}

// place is a parsed state URL.
type place struct {
	scheme string
	// url is the URL for Pulumi's backend and for gocloud.
	url string
	// dir is the directory of a file URL.
	dir string
	// prefix of all keys in the bucket: "" or a path that ends in a slash.
	prefix string
	// shown is the URL without what must stay secret.
	shown string
}

// parseURL reads a state URL. A relative path and ~ are resolved against the
// working directory and home, as the Pulumi CLI does it.
func parseURL(rawURL, workDir, home string) (place, error) {
	scheme, ok := schemeOf(rawURL)
	u, err := url.Parse(rawURL)
	if !ok || err != nil {
		return place{}, &gitops.Error{
			Kind: gitops.Invalid, What: "the state URL " + hideURL(rawURL) + " cannot be read",
			Next: "use one of " + strings.Join(Schemes(), ", "),
		}
	}
	p := place{scheme: scheme, url: rawURL, shown: hideURL(rawURL)}
	if scheme == "file" {
		p.dir = fileDir(rawURL, workDir, home)
		p.url = "file://" + slashed(p.dir)
		if u.RawQuery != "" {
			p.url += "?" + u.RawQuery
		}
		p.shown = hideURL(p.url)
		return p, nil
	}
	if u.Host == "" {
		return place{}, &gitops.Error{Kind: gitops.Invalid, What: "the state URL " + p.shown + " names no bucket"}
	}
	if p.prefix = strings.Trim(u.Path, "/"); p.prefix != "" {
		p.prefix += "/"
	}
	if scheme == "s3" {
		p.url, err = modernS3(u)
	}
	return p, err
}

// Resolve makes a relative file URL start at dir, an absolute path. URLs of other
// schemes stay as they are.
func Resolve(rawURL, dir string) (string, error) {
	if !strings.HasPrefix(rawURL, "file://") {
		return rawURL, nil
	}
	home, _ := os.UserHomeDir() // only ~ needs it, and says so where it is opened
	p, err := parseURL(rawURL, dir, home)
	return p.url, err
}

// fileDir is the absolute path of a file URL.
func fileDir(rawURL, workDir, home string) string {
	p, _, _ := strings.Cut(strings.TrimPrefix(rawURL, "file://"), "?")
	if p == "~" {
		p = home
	} else if rest, ok := strings.CutPrefix(p, "~/"); ok {
		p = filepath.Join(home, filepath.FromSlash(rest))
	}
	if os.PathSeparator == '\\' {
		p = strings.TrimPrefix(filepath.FromSlash(p), `\`)
	}
	if !filepath.IsAbs(p) {
		p = filepath.Join(workDir, p)
	}
	return filepath.Clean(p)
}

func slashed(dir string) string {
	p := filepath.ToSlash(dir)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return p
}

// modernS3 writes the parameters of version 1 of the AWS SDK, which Pulumi
// accepts, in the way of version 2.
func modernS3(u *url.URL) (string, error) {
	q := u.Query()
	plain := false
	if v, ok := q["disableSSL"]; ok {
		var err error
		if plain, err = strconv.ParseBool(v[len(v)-1]); err != nil {
			return "", gitops.Errorf(gitops.Invalid, "disableSSL in the state URL is neither true nor false")
		}
		q.Del("disableSSL")
		q.Set("disable_https", strconv.FormatBool(plain))
	}
	if e := q.Get("endpoint"); e != "" && !strings.Contains(e, "://") {
		scheme := "https://"
		if plain {
			scheme = "http://"
		}
		q.Set("endpoint", scheme+e)
	}
	out := *u
	out.RawQuery = q.Encode()
	return out.String(), nil
}

// hideURL is a URL as it may be shown: without query, fragment and password.
func hideURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		scheme, _, _ := strings.Cut(rawURL, ":")
		return scheme + ":…"
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// secretParameter finds the values that sign a request or open a store.
var secretParameter = regexp.MustCompile(
	`(?i)((?:sig|signature|token|secret|password|key|credential)[a-z0-9_-]*=)[^&\s"']+`)

// hide removes from a text what must stay secret: the URL's query and password
// and whatever looks like a signed request.
func (p place) hide(text string) string {
	for _, raw := range []string{p.url, p.url + "?"} {
		text = strings.ReplaceAll(text, raw, p.shown)
	}
	if u, err := url.Parse(p.url); err == nil {
		if u.RawQuery != "" {
			text = strings.ReplaceAll(text, u.RawQuery, "…")
		}
		if pw, ok := u.User.Password(); ok && pw != "" {
			text = strings.ReplaceAll(text, pw, "…")
		}
	}
	return secretParameter.ReplaceAllString(text, "${1}…")
}
