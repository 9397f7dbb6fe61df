package driver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
)

// readLock reads the plugins that a tree has locked. A tree without the file has
// locked none.
func readLock(root string) (pluginlock.Lock, error) {
	data, err := os.ReadFile(filepath.Join(root, pluginlock.File))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return pluginlock.Lock{}, nil
	case err != nil:
		return pluginlock.Lock{}, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the plugins", Err: err}
	}
	return pluginlock.Parse(data)
}

// plugins is where provider plugins are kept.
func (d *Driver) plugins() (*pluginstore.Store, error) {
	s := d.opts.Plugins
	if s.Dir == "" {
		dir, err := pluginstore.DefaultDir()
		if err != nil {
			return nil, err
		}
		s.Dir = dir
	}
	return &s, nil
}

// findPlugin returns the executable of a provider: the locked one, and no other.
func (d *Driver) findPlugin(lock pluginlock.Lock, name, version string) (string, error) {
	p, ok := lock.Choose(name, version)
	if !ok {
		return "", notLocked(lock, name, version)
	}
	store, err := d.plugins()
	if err != nil {
		return "", err
	}
	return store.Path(p, pluginstore.Platform())
}

// notLocked is the error for a provider that the lock does not have.
func notLocked(lock pluginlock.Lock, name, version string) error {
	wanted, command := name, "trunkline plugin lock "+name
	if version != "" {
		wanted, command = name+" "+version, command+"@"+version
	}
	what := "provider " + wanted + " is not in " + pluginlock.File
	if has := lock.Versions(name); len(has) > 0 {
		what += ", which has " + name + " " + strings.Join(has, " and ")
	}
	return &gitops.Error{Kind: gitops.Invalid, What: what, Next: command}
}

// mayRun tells what keeps the selected stacks from running, as far as that is
// known before the program is built.
func (s *Session) mayRun(o OpenOptions) error {
	if !o.Run || o.Select == nil {
		return nil
	}
	ids, err := s.pick(*o.Select)
	if err != nil {
		return err
	}
	for _, id := range ids {
		env, err := s.Environment(id.Environment)
		if err != nil {
			return err
		}
		if env.Cloud.Provider == "aws" {
			return s.pluginsReady("aws")
		}
	}
	return nil
}

// pluginsReady tells what keeps the locked versions of a provider from running.
func (s *Session) pluginsReady(name string) error {
	if len(s.Plugins.Versions(name)) == 0 {
		return notLocked(s.Plugins, name, "")
	}
	for _, version := range s.Plugins.Versions(name) {
		if _, err := s.d.findPlugin(s.Plugins, name, version); err != nil {
			return err
		}
	}
	return nil
}
