package pluginstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
)

// open opens where the plugin comes from, and notes that in f.
func (s *Store) open(ctx context.Context, p pluginlock.Plugin, platform, from string, f *Fetched) (io.ReadCloser, error) {
	locked := p.Platforms[platform]
	switch {
	case isURL(from):
		f.Artifact.URL = from
		return s.get(ctx, from)
	case from != "":
		return openPath(p, platform, from)
	case locked.URL != "":
		f.Artifact.URL = locked.URL
		return s.get(ctx, locked.URL)
	case locked.Binary != "" && p.Server == "":
		return nil, &gitops.Error{Kind: gitops.Invalid, Where: pluginlock.File,
			What: "provider " + p.String() + " was locked from a file, and nothing says where to get it",
			Next: install + " " + p.Name + " --from PATH|URL"}
	}
	return s.released(ctx, p, platform, f)
}

func isURL(from string) bool {
	return strings.HasPrefix(from, "https://") || strings.HasPrefix(from, "http://")
}

// openPath opens a program, an archive, or one of them in a directory, by the
// names that Pulumi gives them.
func openPath(p pluginlock.Plugin, platform, from string) (io.ReadCloser, error) {
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		names := []string{fmt.Sprintf("pulumi-%s-%s-v%s-%s.tar.gz", p.Kind, p.Name, p.Version, platform), p.Program(platform)}
		for _, name := range names {
			if f, err := os.Open(filepath.Join(from, name)); !errors.Is(err, fs.ErrNotExist) {
				return opened(f, err, from)
			}
		}
		return nil, gitops.Errorf(gitops.Invalid, "%s has neither %s", from, strings.Join(names, " nor "))
	}
	f, err := os.Open(from)
	return opened(f, err, from)
}

func opened(f *os.File, err error, from string) (io.ReadCloser, error) {
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the plugin", Where: from, Err: err}
	}
	return f, nil
}

// released asks Pulumi's own code, which knows GitHub, GitLab, plain servers,
// their tokens (GITHUB_TOKEN, GITLAB_TOKEN), and
// PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES.
func (s *Store) released(ctx context.Context, p pluginlock.Plugin, platform string, f *Fetched) (io.ReadCloser, error) {
	version, err := semver.Parse(p.Version)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "version %q of %s: %w", p.Version, p.Name, err)
	}
	d := workspace.PluginDescriptor{Name: p.Name, Kind: apitype.PluginKind(p.Kind), Version: &version}
	usual, err := d.GetSource()
	if err != nil {
		return nil, cannot(ctx, p, err)
	}
	source := usual
	if f.Server = usual.URL(); p.Server != "" && p.Server != usual.URL() {
		d.PluginDownloadURL = p.Server
		if source, err = d.GetSource(); err != nil {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: "provider " + p.String() + " cannot come from " + p.Server, Err: err}
		}
		f.Server = p.Server
	}
	system, processor, _ := strings.Cut(platform, "-")
	body, _, err := source.Download(ctx, version, system, processor, s.do)
	if err != nil {
		return nil, cannot(ctx, p, err)
	}
	return body, nil
}

func (s *Store) get(ctx context.Context, from string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot fetch from %s: %w", bare(from), err)
	}
	body, _, err := s.do(req)
	return body, err
}

// attempts is how often a server is asked that is not well.
const attempts = 3

// do sends a request, again after a while when the server is not well or cannot
// be reached.
func (s *Store) do(req *http.Request) (body io.ReadCloser, size int64, err error) {
	client, after := s.Client, s.After
	if client == nil {
		client = http.DefaultClient
	}
	if after == nil {
		after = time.After
	}
	for n := range attempts {
		if n > 0 {
			select {
			case <-after(time.Second << (n - 1)):
			case <-req.Context().Done():
				return nil, -1, req.Context().Err()
			}
		}
		var resp *http.Response
		if resp, err = client.Do(req); err != nil {
			err = fmt.Errorf("cannot reach %s: %w", req.URL.Host, reason(err))
			continue
		}
		if resp.StatusCode/100 == 2 {
			return resp.Body, resp.ContentLength, nil
		}
		_ = resp.Body.Close() // nobody reads what it says
		err = gitops.Errorf(gitops.Failed, "%s answered %s", bare(req.URL.String()), resp.Status)
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
			return nil, -1, err
		}
	}
	return nil, -1, err
}

// reason leaves out the URL that Go puts into its errors.
func reason(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// bare is a URL as it may be shown: a query may hold a token.
func bare(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the URL"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}
