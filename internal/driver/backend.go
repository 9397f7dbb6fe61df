package driver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// command returns the environment's Automation API command: its state, its
// key, its cloud, its plugins. One is made per environment and lock, and kept.
func (d *Driver) command(ctx context.Context, env *environments.Environment, lock pluginlock.Lock) (*automation.Command, error) {
	text, err := pluginlock.Format(lock)
	if err != nil {
		return nil, err
	}
	key := env.Name + "\n" + string(text)
	d.mu.Lock()
	defer d.mu.Unlock()
	if cmd := d.commands[key]; cmd != nil {
		return cmd, nil
	}
	dir, err := d.dataDir()
	if err != nil {
		return nil, err
	}
	store, err := d.storeLocked(ctx, env, dir)
	if err != nil {
		return nil, err
	}
	opts := []automation.Option{
		automation.Store(store), automation.KeyFile(filepath.Join(dir, "key")),
		automation.Environ(), // nothing of this process's environment reaches a provider unasked
		automation.FindPlugin(func(name, version string) (string, error) { return d.findPlugin(lock, name, version) }),
	}
	if env.Cloud.Provider == "sandbox" {
		cloud, err := d.cloudLocked(dir)
		if err != nil {
			return nil, err
		}
		opts = append(opts, automation.Provider("aws", cloud.Server(env.Cloud.Region, env.Cloud.Account)))
	}
	cmd := automation.New(opts...)
	d.commands[key] = cmd
	d.closer = append(d.closer, cmd.Close)
	return cmd, nil
}

// store opens the environment's state store, once for each address.
func (d *Driver) store(ctx context.Context, env *environments.Environment) (gitops.StateStore, error) {
	dir, err := d.dataDir()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.storeLocked(ctx, env, dir)
}

func (d *Driver) storeLocked(ctx context.Context, env *environments.Environment, dir string) (gitops.StateStore, error) {
	url := env.State
	local := url == ""
	if local {
		url = "sqlite://" + filepath.ToSlash(filepath.Join(dir, "state.db"))
	}
	if s := d.stores[url]; s != nil {
		return s, nil
	}
	if local {
		d.tellNew(dir)
	}
	store, err := automation.OpenState(ctx, url, d.Root)
	if err != nil {
		return nil, err
	}
	d.tellLimits(store, url, dir)
	d.stores[url] = store
	d.closer = append(d.closer, store.Close)
	return store, nil
}

// tellNew says that a new local store is made where a key file is already: who
// has copied the key of a colleague expects that, who has lost the store does not.
func (d *Driver) tellNew(dir string) {
	_, key := os.Stat(filepath.Join(dir, "key"))
	if _, err := os.Stat(filepath.Join(dir, "state.db")); errors.Is(err, fs.ErrNotExist) && key == nil {
		d.report(gitops.Progress{Note: "there is a key file and no local state: if stacks were deployed from here, stop and put .trunkline/state.db back from a backup"})
	}
}

// Cloud opens the sandbox.
func (d *Driver) Cloud() (*sandbox.Cloud, error) {
	dir, err := d.dataDir()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cloudLocked(dir)
}

func (d *Driver) cloudLocked(dir string) (*sandbox.Cloud, error) {
	if d.cloud != nil {
		return d.cloud, nil
	}
	cloud, err := sandbox.Open(filepath.Join(dir, "sandbox.db"))
	if err != nil {
		return nil, err
	}
	d.cloud = cloud
	d.closer = append(d.closer, cloud.Close)
	return cloud, nil
}
