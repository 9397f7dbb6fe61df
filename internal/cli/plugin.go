package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
)

func pluginCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Lock and install the provider plugins",
		Long: `Environments on AWS run Pulumi's AWS provider, a program of its own. plugins.lock,
in Git, says which version and which content: nothing else is run, nothing is
looked for in PATH or in the directory of the Pulumi CLI, and no operation
downloads anything.`,
	}
	cmd.AddCommand(pluginLock(g), pluginInstall(g), pluginLs(g))
	return cmd
}

func pluginLock(g *globals) *cobra.Command {
	var req driver.PluginRequest
	cmd := &cobra.Command{
		Use:   "lock [NAME[@VERSION] ...]",
		Short: "Write versions and checksums into plugins.lock",
		Long: `Fetch plugins, write their versions and checksums into plugins.lock, and install
those for this machine. Without names, these are the plugins that the modules in
go.mod are written for, in the version that they ask for.

Pulumi's own code fetches: from GitHub, GitLab or a server of yours, with
GITHUB_TOKEN or GITLAB_TOKEN, and by PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES. Where
there is no way there, --from takes a program, a .tar.gz, a directory that has
one of them, or a URL.

When the same version has another content than before, that is an error; to name
the version accepts it.`,
		Example: `  trunkline plugin lock
  trunkline plugin lock aws@6.83.2 --platform linux-amd64 --platform darwin-arm64
  trunkline plugin lock aws --from ./pulumi-resource-aws-v6.83.2-linux-amd64.tar.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.plugins(cmd, args, req, (*driver.Driver).LockPlugins, "locked")
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.From, "from", "", "take the plugin from this file, directory or URL")
	f.StringSliceVar(&req.Platforms, "platform", nil, "platform such as linux-amd64, may be repeated (default: this one, and those locked already)")
	return cmd
}

func pluginInstall(g *globals) *cobra.Command {
	var req driver.PluginRequest
	cmd := &cobra.Command{
		Use:   "install [NAME[@VERSION] ...]",
		Short: "Install what plugins.lock says",
		Long: `Install the plugins that plugins.lock names on this machine, or those of them that
are named here. What has another checksum than the locked one is not installed,
wherever it comes from.`,
		Example: `  trunkline plugin install
  trunkline plugin install aws --from /mnt/mirror`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.plugins(cmd, args, req, (*driver.Driver).InstallPlugins, "installed")
		},
	}
	cmd.Flags().StringVar(&req.From, "from", "", "take the plugin from this file, directory or URL")
	return cmd
}

// plugins does something with plugins and shows what was done.
func (g *globals) plugins(cmd *cobra.Command, names []string, req driver.PluginRequest,
	do func(*driver.Driver, context.Context, driver.PluginRequest) ([]driver.PluginDone, error), verb string,
) error {
	if err := g.check(formatJSON); err != nil {
		return err
	}
	req.Names = names
	if u, err := url.Parse(req.From); req.From != "" && (err != nil || !strings.HasPrefix(u.Scheme, "http")) {
		req.From = g.path(req.From)
	}
	live, done := g.live(cmd.Context())
	defer done()
	return g.with(cmd.Context(), live.Report, func(ctx context.Context, d *driver.Driver) error {
		list, err := do(d, ctx, req)
		done()
		if err != nil {
			return err
		}
		if g.output == formatJSON {
			return g.json(map[string]any{"schema": "trunkline.plugindone/v1", "plugins": list})
		}
		rows := [][]string{}
		for _, p := range list {
			note := verb
			switch {
			case p.Present:
				note = "is installed"
			case p.Was != "":
				note += ", where it was " + p.Was
			}
			rows = append(rows, []string{p.Name, p.Version, p.Platform, p.Binary, note})
		}
		if len(rows) == 0 {
			_, err := fmt.Fprintf(g.deps.Stderr, "there is nothing to be %s\n", verb)
			return err
		}
		return g.table([]string{"plugin", "version", "platform", "content", ""}, rows)
	})
}

func pluginLs(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "ls",
		Short:   "List plugins: locked, installed, needed",
		Example: "  trunkline plugin ls\n  trunkline plugin ls -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.with(cmd.Context(), nil, func(ctx context.Context, d *driver.Driver) error {
				list, err := d.Plugins(ctx)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.pluginlist/v1", "plugins": list})
				}
				rows := [][]string{}
				for _, p := range list {
					state := "installed"
					if p.Problem != "" {
						state = p.Problem + "; " + p.Fix
					}
					rows = append(rows, []string{p.Name, p.Version, strings.Join(p.Platforms, ", "), p.Needed, state})
				}
				return g.table([]string{"plugin", "locked", "platforms", "go.mod needs", "here"}, rows)
			})
		},
	}
}
