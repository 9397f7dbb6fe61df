package automation

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/diy"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// core is what a Command shares with the commands derived from it.
type core struct {
	parts
	commits map[string]commit // by SHA
	tagging sync.Mutex        // held while tags are read and changed
	mu      sync.Mutex
	stores  map[string]gitops.StateStore        // by URL, opened here
	closers []io.Closer                         // engines that want it
	current map[string]gitops.StackRef          // working directory → selected stack
	renamed map[gitops.StackRef]gitops.StackRef // old name → new one
	files   map[string]*fileLock                // stack file → its read-modify-write lock
}

// engines are the engines of commands with the same providers and key.
type engines struct {
	mu sync.Mutex
	m  map[string]engine.API // by store URL
}

// backend is a store with an engine over it.
type backend struct {
	url   string
	store gitops.StateStore
	api   engine.API
}

func newCore(p parts) *core {
	return &core{
		parts: p, commits: map[string]commit{}, stores: map[string]gitops.StateStore{}, current: map[string]gitops.StackRef{},
		renamed: map[gitops.StackRef]gitops.StackRef{}, files: map[string]*fileLock{},
	}
}

func (c *core) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, e := range c.closers {
		errs = append(errs, e.Close())
	}
	for _, s := range c.stores {
		errs = append(errs, s.Close())
	}
	c.closers, c.stores = nil, map[string]gitops.StateStore{}
	return errors.Join(errs...)
}

// open returns the store of a URL, opening it at first use.
func (c *core) open(ctx context.Context, url string) (gitops.StateStore, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.stores[url]; ok {
		return s, nil
	}
	s, err := c.openStore(context.WithoutCancel(ctx), url)
	if err == nil {
		c.stores[url] = s
	}
	return s, err
}

// fileLock is the lock of a stack file.
func (c *core) fileLock(path string) sync.Locker {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files[path] == nil {
		c.files[path] = newFileLock(path)
	}
	return c.files[path]
}

// engine returns the engine over a store, made at first use.
func (c *Command) engine(store gitops.StateStore, url, keyFile string) engine.API {
	c.engines.mu.Lock()
	defer c.engines.mu.Unlock()
	if api, ok := c.engines.m[url]; ok {
		return api
	}
	api := c.core.newEngine(keyed(keyFile, engine.Options{Store: store, Providers: c.providers, FindPlugin: c.findPlugin}))
	if c.engines.m == nil {
		c.engines.m = map[string]engine.API{}
	}
	c.engines.m[url] = api
	if closer, ok := api.(io.Closer); ok {
		c.core.mu.Lock()
		c.core.closers = append(c.core.closers, closer)
		c.core.mu.Unlock()
	}
	return api
}

// open loads the project, when there must be one, and opens the backend.
func (s *session) open(needProject bool) (err error) {
	if s.be != nil {
		return nil
	}
	if s.proj, err = loadProject(s.dir); err != nil {
		if needProject {
			return err
		}
		s.proj = nil
	}
	url, store := "", s.store
	if store == nil {
		if url, err = stateURL(s.stateURL, s.projectURL(), s.env); err != nil {
			return err
		}
		if url, err = diy.Resolve(url, s.dir); err != nil {
			return err
		}
		if store, err = s.core.open(s.ctx, url); err != nil {
			return err
		}
	}
	key := s.keyFile
	if key == "" {
		if key, err = keyBeside(url, s.env); err != nil {
			return err
		}
	}
	s.be = &backend{url: url, store: store, api: s.engine(store, url, key)}
	return nil
}

func (s *session) projectURL() string {
	if s.proj == nil || s.proj.Backend == nil {
		return ""
	}
	return s.proj.Backend.URL
}

// configDir is the directory for files of this user.
func configDir(env map[string]string) (string, error) {
	if d := env["XDG_CONFIG_HOME"]; filepath.IsAbs(d) {
		return filepath.Join(d, "trunkline"), nil
	}
	d, err := os.UserConfigDir()
	if err != nil {
		return "", gitops.Errorf(gitops.Invalid, "no place for the state: %w", err)
	}
	return filepath.Join(d, "trunkline"), nil
}

// stateURL chooses where the state is, and refuses what cannot hold it.
func stateURL(option, project string, env map[string]string) (string, error) {
	if u := cmp.Or(option, env["PULUMI_BACKEND_URL"], project); u != "" {
		return u, served(u)
	}
	dir, err := configDir(env)
	return sqliteScheme + filepath.ToSlash(filepath.Join(dir, "state.db")), err
}

// served refuses the URLs of stores that there are not.
func served(u string) error {
	own := []string{sqliteScheme, "postgres://", "postgresql://"}
	if diy.Serves(u) || slices.ContainsFunc(own, func(scheme string) bool { return strings.HasPrefix(u, scheme) }) {
		return nil
	}
	return &gitops.Error{
		Kind: gitops.Invalid,
		What: "the backend " + withoutSecrets(u) + " is not served in this process: state is kept in sqlite:///<path>/state.db, postgres://, " +
			strings.Join(diy.Schemes(), ", "),
		Next: "Set PULUMI_BACKEND_URL to such a URL. `pulumi stack export` there and `pulumi stack import` here move a stack.",
	}
}

const sqliteScheme = "sqlite://"

// withoutSecrets is the URL as it may be shown.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		scheme, _, _ := strings.Cut(raw, ":")
		return scheme + ":…"
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// keyBeside is the default key file: beside a state that is a file, else in the
// user's directory.
func keyBeside(stateURL string, env map[string]string) (string, error) {
	path, ok := strings.CutPrefix(stateURL, sqliteScheme)
	path, _, _ = strings.Cut(path, "?")
	if ok && path != "" {
		return filepath.Join(filepath.Dir(filepath.FromSlash(path)), "key"), nil
	}
	dir, err := configDir(env)
	return filepath.Join(dir, "key"), err
}
