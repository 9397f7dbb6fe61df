package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// lookup returns the executable of a provider plugin, "" when it takes more than
// an executable to run it: plugins in the project, from Git, or in a language
// that needs a runtime. Nothing is asked of the network.
func (h *host) lookup(ctx *plugin.Context, d workspace.PluginDescriptor) (string, error) {
	if find := h.op.eng.opts.FindPlugin; find != nil {
		version := ""
		if d.Version != nil {
			version = d.Version.String()
		}
		return find(d.Name, version)
	}
	if d.IsGitPlugin() || workspace.IsPluginBundled(d.Kind, d.Name) {
		return "", nil
	}
	if slices.ContainsFunc(ctx.ProjectPlugins(), func(p workspace.ProjectPlugin) bool {
		return p.Kind == d.Kind && p.Name == d.Name
	}) {
		return "", nil
	}
	file := d.File()
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	if ignore, _ := strconv.ParseBool(h.op.req.Env["PULUMI_IGNORE_AMBIENT_PLUGINS"]); !ignore {
		for _, dir := range filepath.SplitList(h.op.req.Env["PATH"]) {
			if path := filepath.Join(dir, file); filepath.IsAbs(path) && executable(path) {
				ctx.Diag.Warningf(diag.Message("", "using %s from $PATH at %s"), file, path)
				return path, nil
			}
		}
	}
	dir, err := pluginDir(h.op.req.Env)
	if err != nil {
		return "", err
	}
	installed, err := workspace.GetPluginsFromDir(dir)
	if err != nil {
		return "", fmt.Errorf("the list of plugins: %w", err)
	}
	found := choose(installed, d)
	if found == nil {
		return "", notInstalled(d, dir)
	}
	if path := filepath.Join(found.Path, file); executable(path) {
		return path, nil
	}
	return "", nil
}

// choose picks the plugin that Pulumi would pick.
func choose(installed []workspace.PluginInfo, d workspace.PluginDescriptor) *workspace.PluginInfo {
	switch {
	case d.Version == nil:
		return workspace.LegacySelectCompatiblePlugin(installed, d)
	case len(d.Version.Pre) > 0 || len(d.Version.Build) > 0: // only the very same one will do
		return workspace.SelectPrereleasePlugin(installed, d)
	}
	return workspace.SelectCompatiblePlugin(installed, d)
}

// pluginDir is where plugins are installed. A request that does not say leaves
// it to the machine.
func pluginDir(env map[string]string) (string, error) {
	if home := env["PULUMI_HOME"]; home != "" {
		return filepath.Join(home, workspace.PluginDir), nil
	}
	return workspace.GetPluginDir()
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}

// notInstalled is the error for a plugin that is not there.
func notInstalled(d workspace.PluginDescriptor, dir string) error {
	name, command := d.Name, fmt.Sprintf("pulumi plugin install %s %s", apitype.ResourcePlugin, d.Name)
	if d.Version != nil {
		name, command = name+" "+d.Version.String(), command+" "+d.Version.String()
	}
	if d.PluginDownloadURL != "" {
		command += " --server " + d.PluginDownloadURL
	}
	return &gitops.Error{Kind: gitops.Invalid, What: "provider " + name + " is not installed in " + dir +
		", and nothing is downloaded during an operation", Next: command}
}
