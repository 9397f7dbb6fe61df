// Package pluginstore keeps provider plugins on this machine: it fetches them,
// checks them against plugins.lock, and gives out only what is in the lock.
//
// Nothing is looked for in PATH or in the directory of the Pulumi CLI, and
// nothing is fetched unless Fetch is called.
package pluginstore

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
)

// Store keeps plugins in a directory. Several processes may use one.
type Store struct {
	// Dir keeps the plugins: <name>-v<version>-<platform>-<digest>/<program>.
	Dir string
	// Client fetches; nil means http.DefaultClient, which honours proxies.
	Client *http.Client
	// After is the clock of retries; nil means time.After.
	After func(time.Duration) <-chan time.Time
}

// DefaultDir is trunkline/plugins in the user's cache directory.
func DefaultDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "there is no place to keep plugins", Err: err, Next: "set HOME or XDG_CACHE_HOME"}
	}
	return filepath.Join(dir, "trunkline", "plugins"), nil
}

// Platform is that of this machine, such as "linux-amd64".
func Platform() string { return runtime.GOOS + "-" + runtime.GOARCH }

// install is the command that mends what is missing or wrong here.
const install = "trunkline plugin install"

// Path returns the executable of a locked plugin, after a look at its content.
// One that is not installed, not locked for the platform, or not what was locked
// is an error of kind Invalid.
func (s *Store) Path(p pluginlock.Plugin, platform string) (string, error) {
	a, ok := p.Platforms[platform]
	if !ok {
		return "", &gitops.Error{Kind: gitops.Invalid, Where: pluginlock.File,
			What: "provider " + p.String() + " is locked for " + strings.Join(p.PlatformNames(), ", ") + ", and this machine is " + platform,
			Next: "trunkline plugin lock " + p.Name + "@" + p.Version + " --platform " + platform}
	}
	dir := s.place(p, platform)
	path := filepath.Join(dir, p.Program(platform))
	switch ok, err := holds(dir, path, a.Binary); {
	case errors.Is(err, fs.ErrNotExist):
		return "", &gitops.Error{Kind: gitops.Invalid, What: "provider " + p.String() + " is not installed", Next: install}
	case err != nil:
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot read provider " + p.String(), Err: err}
	case !ok:
		return "", &gitops.Error{Kind: gitops.Invalid, Where: path,
			What: "provider " + p.String() + " is not what " + pluginlock.File + " says: its checksum is another one", Next: install}
	}
	return path, nil
}

// place is the directory of a plugin. Another content is another place.
func (s *Store) place(p pluginlock.Plugin, platform string) string {
	digest := strings.TrimPrefix(p.Platforms[platform].Binary, "sha256:")
	return filepath.Join(s.Dir, p.Name+"-v"+p.Version+"-"+platform+"-"+digest[:min(16, len(digest))])
}

// Keep makes what was fetched the installed plugin. It appears in one step; one
// that is there and whole stays.
func (s *Store) Keep(p pluginlock.Plugin, platform string, f *Fetched) error {
	dir := s.place(p, platform)
	if _, err := s.Path(p, platform); err == nil {
		return nil
	}
	err := func() error {
		draft, err := os.MkdirTemp(s.Dir, "draft-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(draft) // nothing is there when all goes well
		path := filepath.Join(draft, p.Program(platform))
		if err := os.Rename(f.path, path); err != nil {
			return err
		}
		if err := os.Chmod(path, 0o500); err != nil {
			return err
		}
		if err := writeStamp(draft, path, f.Artifact.Binary); err != nil {
			return err
		}
		if err := os.Rename(draft, dir); err == nil {
			return nil
		}
		if _, err := s.Path(p, platform); err == nil { // somebody was faster
			return nil
		}
		if err := os.RemoveAll(dir); err != nil { // what is there is broken
			return err
		}
		return os.Rename(draft, dir)
	}()
	if _, there := s.Path(p, platform); there == nil { // by us, or by who was faster
		return nil
	}
	return &gitops.Error{Kind: gitops.Failed, What: "cannot keep provider " + p.String(), Where: s.Dir, Err: err}
}
