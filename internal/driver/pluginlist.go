package driver

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
)

// PluginInfo is a plugin that is locked or needed.
type PluginInfo struct {
	Name string `json:"name"`
	// Version is the locked one, "" when none is.
	Version   string   `json:"version"`
	Platforms []string `json:"platforms"`
	// Needed is the version that the program's go.mod asks for, "" when it does
	// not, and Module the module that says so.
	Needed string `json:"needed,omitempty"`
	Module string `json:"module,omitempty"`
	// Path is the executable on this machine, "" when there is none that is right;
	// then Problem says why, and Fix is the command that mends it.
	Path    string `json:"path,omitempty"`
	Problem string `json:"problem,omitempty"`
	Fix     string `json:"fix,omitempty"`
}

// Plugins lists the locked plugins, and those that the program needs and that are
// not locked.
func (d *Driver) Plugins(ctx context.Context) ([]PluginInfo, error) {
	lock, err := readLock(d.Root)
	if err != nil {
		return nil, err
	}
	needs, err := d.neededPlugins(ctx)
	if err != nil {
		return nil, err
	}
	out := []PluginInfo{}
	at := map[string]int{} // of the locked ones, by name and version
	for _, p := range lock.Plugins {
		info := PluginInfo{Name: p.Name, Version: p.Version, Platforms: p.PlatformNames()}
		d.look(&info, p)
		at[p.String()] = len(out)
		out = append(out, info)
	}
	for _, n := range needs {
		if p, ok := lock.Choose(n.Name, n.Version); ok {
			out[at[p.String()]].Needed, out[at[p.String()]].Module = n.Version, n.Module
			continue
		}
		info := PluginInfo{Name: n.Name, Platforms: []string{}, Needed: n.Version, Module: n.Module}
		info.fail(notLocked(lock, n.Name, n.Version))
		out = append(out, info)
	}
	return out, nil
}

// look finds out whether a locked plugin can run here.
func (d *Driver) look(info *PluginInfo, p pluginlock.Plugin) {
	store, err := d.plugins()
	if err == nil {
		info.Path, err = store.Path(p, pluginstore.Platform())
	}
	info.fail(err)
}

func (i *PluginInfo) fail(err error) {
	if err == nil {
		return
	}
	i.Problem = err.Error()
	if known, ok := err.(*gitops.Error); ok {
		i.Fix = known.Next
	}
}
