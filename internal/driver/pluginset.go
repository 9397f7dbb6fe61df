package driver

import (
	"context"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// PluginRequest names plugins and where they come from.
type PluginRequest struct {
	// Names are "aws" or, to lock one version, "aws@6.83.2". Empty means all that
	// the program needs, or all that are locked.
	Names []string
	// From is a file, directory or URL to take the plugin from; "" means from where
	// it is released.
	From string
	// Platforms are such as "linux-amd64". Empty means this machine's, and those
	// that are locked already.
	Platforms []string
}

// PluginDone is what was done with a plugin for one platform.
type PluginDone struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Platform string `json:"platform"`
	// Binary is the program's digest.
	Binary string `json:"binary"`
	// Was is what was locked before, when that was something else.
	Was string `json:"was,omitempty"`
	// Installed tells that it is on this machine now; Present, that it was before.
	Installed bool `json:"installed"`
	Present   bool `json:"present,omitempty"`
}

// LockPlugins writes plugins into plugins.lock, in the version that the program's
// go.mod needs where none is named, and installs those for this machine. The same
// version with another content is an error, unless the version is named.
func (d *Driver) LockPlugins(ctx context.Context, req PluginRequest) ([]PluginDone, error) {
	lock, err := readLock(d.Root)
	if err != nil {
		return nil, err
	}
	if err := mayLockFrom(req.From); err != nil {
		return nil, err
	}
	wanted, err := d.wanted(ctx, req.Names)
	if err != nil {
		return nil, err
	}
	if req.From != "" && len(wanted) != 1 {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "--from gives one plugin, and not one is named", Next: "trunkline plugin lock NAME@VERSION --from …"}
	}
	var out []PluginDone
	for _, w := range wanted {
		p, done, err := d.lockOne(ctx, lock, w, req)
		if err != nil {
			return nil, err
		}
		lock, out = lock.With(p), append(out, done...)
	}
	text, err := pluginlock.Format(lock)
	if err != nil {
		return nil, err
	}
	if err := renameio.WriteFile(filepath.Join(d.Root, pluginlock.File), text, 0o644); err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "cannot write " + pluginlock.File, Err: err}
	}
	return out, nil
}

// mayLockFrom refuses URLs that may hold what must not get into Git.
func mayLockFrom(from string) error {
	u, err := url.Parse(from)
	if err == nil && strings.HasPrefix(u.Scheme, "http") && (u.User != nil || u.RawQuery != "") {
		return &gitops.Error{Kind: gitops.Invalid, What: "the URL has a user or a query, and it would be in Git with " + pluginlock.File,
			Next: "fetch the file, and give its path to --from"}
	}
	return nil
}

// wantedPlugin is a plugin to lock. exact tells that somebody named the version.
type wantedPlugin struct {
	program.Plugin
	exact bool
}

// wanted lists the named plugins, or those that the program needs.
func (d *Driver) wanted(ctx context.Context, names []string) ([]wantedPlugin, error) {
	var out []wantedPlugin
	open := len(names) == 0
	for _, n := range names {
		name, version, exact := strings.Cut(n, "@")
		out = append(out, wantedPlugin{program.Plugin{Name: name, Version: strings.TrimPrefix(version, "v")}, exact})
		open = open || !exact
	}
	if !open {
		return out, nil
	}
	needs, err := d.neededPlugins(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		for _, n := range needs {
			out = append(out, wantedPlugin{Plugin: n})
		}
		return out, nil
	}
	for i, w := range out {
		at := slices.IndexFunc(needs, func(n program.Plugin) bool { return n.Name == w.Name })
		switch {
		case w.exact:
		case at < 0:
			return nil, &gitops.Error{Kind: gitops.NotFound, What: "no module of the program says which version of " + w.Name + " it needs",
				Next: "trunkline plugin lock " + w.Name + "@VERSION"}
		default:
			out[i].Plugin = needs[at]
		}
	}
	return out, nil
}

// neededPlugins are those of the work tree's program.
func (d *Driver) neededPlugins(ctx context.Context) ([]program.Plugin, error) {
	top, dir := d.Root, ""
	if repo, err := checkout.Open(ctx, d.Root, checkout.Options{}); err == nil {
		rel, err := filepath.Rel(repo.Root, d.Root)
		if err != nil {
			return nil, err
		}
		top, dir = repo.Root, filepath.ToSlash(rel)
	}
	project, err := loadProject(d.Root)
	if err != nil {
		return nil, err
	}
	main := project.Main
	if main == "" {
		main = programDir
	}
	return d.builder.Plugins(ctx, program.Source{Root: top, Dir: dir, Package: "./" + path.Clean(main)})
}

// lockOne fetches a plugin for every platform, and installs this machine's.
func (d *Driver) lockOne(ctx context.Context, lock pluginlock.Lock, w wantedPlugin, req PluginRequest) (pluginlock.Plugin, []PluginDone, error) {
	p := pluginlock.Plugin{Kind: pluginlock.Resource, Name: w.Name, Version: w.Version, Server: w.Server, Platforms: map[string]pluginlock.Artifact{}}
	old, _ := lock.Choose(w.Name, "")
	if same, ok := lock.Choose(w.Name, w.Version); ok {
		old = same
	}
	platforms := req.Platforms
	if len(platforms) == 0 {
		platforms = []string{pluginstore.Platform()}
		if req.From == "" {
			platforms = slices.Compact(slices.Sorted(slices.Values(append(platforms, old.PlatformNames()...))))
		}
	}
	var out []PluginDone
	for _, platform := range platforms {
		want := p
		if known, ok := old.Platforms[platform]; ok && old.Version == w.Version && !w.exact {
			want.Platforms = map[string]pluginlock.Artifact{platform: {Archive: known.Archive, Binary: known.Binary}}
		} else {
			want.Platforms = nil
		}
		a, server, err := d.fetch(ctx, want, platform, req.From)
		if err != nil {
			return p, nil, err
		}
		p.Server, p.Platforms[platform] = server, a
		done := PluginDone{Name: p.Name, Version: p.Version, Platform: platform, Binary: a.Binary, Installed: platform == pluginstore.Platform()}
		if known := old.Platforms[platform]; old.Version == p.Version && known.Binary != a.Binary {
			done.Was = known.Binary
		}
		out = append(out, done)
	}
	return p, out, p.Check()
}

// fetch gets a plugin and keeps it when it is for this machine.
func (d *Driver) fetch(ctx context.Context, p pluginlock.Plugin, platform, from string) (pluginlock.Artifact, string, error) {
	store, err := d.plugins()
	if err != nil {
		return pluginlock.Artifact{}, "", err
	}
	if _, known := p.Platforms[platform]; !known { // Check wants one
		trial := p
		trial.Platforms = map[string]pluginlock.Artifact{platform: {Binary: "sha256:" + strings.Repeat("0", 64)}}
		if err := trial.Check(); err != nil {
			return pluginlock.Artifact{}, "", &gitops.Error{Kind: gitops.Invalid, Err: err, Next: "trunkline plugin lock --help"}
		}
	}
	end := d.phase("fetching provider " + p.String() + " for " + platform)
	f, err := store.Fetch(ctx, p, platform, from)
	if err != nil {
		return pluginlock.Artifact{}, "", err
	}
	defer f.Close() // what was not kept; a directory that stays is of no consequence
	end()
	if platform == pluginstore.Platform() {
		kept := p
		kept.Platforms = map[string]pluginlock.Artifact{platform: f.Artifact}
		if err := store.Keep(kept, platform, f); err != nil {
			return pluginlock.Artifact{}, "", err
		}
	}
	return f.Artifact, f.Server, nil
}

// InstallPlugins installs locked plugins on this machine. Nothing but what is
// locked is installed, wherever it comes from.
func (d *Driver) InstallPlugins(ctx context.Context, req PluginRequest) ([]PluginDone, error) {
	lock, err := readLock(d.Root)
	if err != nil {
		return nil, err
	}
	store, err := d.plugins()
	if err != nil {
		return nil, err
	}
	chosen, err := named(lock, req.Names)
	if err != nil {
		return nil, err
	}
	if req.From != "" && len(chosen) != 1 {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "--from gives one plugin, and not one is named", Next: "trunkline plugin install NAME --from …"}
	}
	platform := pluginstore.Platform()
	out := []PluginDone{}
	for _, p := range chosen {
		done := PluginDone{Name: p.Name, Version: p.Version, Platform: platform, Binary: p.Platforms[platform].Binary, Installed: true}
		_, err := store.Path(p, platform)
		if done.Present = err == nil; done.Present {
			out = append(out, done)
			continue
		}
		if _, ok := p.Platforms[platform]; !ok {
			return nil, err
		}
		if _, _, err := d.fetch(ctx, p, platform, req.From); err != nil {
			return nil, err
		}
		out = append(out, done)
	}
	return out, nil
}

// named picks plugins of the lock, all when none is named.
func named(lock pluginlock.Lock, names []string) ([]pluginlock.Plugin, error) {
	if len(names) == 0 {
		return lock.Plugins, nil
	}
	var out []pluginlock.Plugin
	for _, n := range names {
		name, version, _ := strings.Cut(n, "@")
		found := false
		for _, p := range lock.Plugins {
			if p.Name == name && (version == "" || p.Version == strings.TrimPrefix(version, "v")) {
				out, found = append(out, p), true
			}
		}
		if !found {
			return nil, notLocked(lock, name, version)
		}
	}
	return out, nil
}
