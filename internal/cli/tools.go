package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func doctorCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that Trunkline needs here",
		Long: `Check everything that Trunkline needs here. With -e, also find the credentials of
an environment and tell as whom previews and updates would call AWS.`,
		Example: "  trunkline doctor\n  trunkline doctor -e staging\n  trunkline doctor -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			found := driver.Doctor(cmd.Context(), driver.Options{Dir: g.dir(), Getenv: g.deps.Getenv, Now: g.deps.Now}, g.envs...)
			failed := 0
			var checks []views.Check
			for _, f := range found {
				if f.Level == driver.LevelFail {
					failed++
				}
				checks = append(checks, views.Check{Level: views.Level(f.Level), Name: f.Name, Detail: f.Detail, Fix: f.Fix})
			}
			var err error
			if g.output == formatJSON {
				err = g.json(map[string]any{"schema": "trunkline.doctor/v1", "checks": found})
			} else {
				err = g.screen().Checks(checks)
			}
			if err == nil && failed > 0 {
				return shown(gitops.Errorf(gitops.Invalid, "%d checks failed", failed))
			}
			return err
		},
	}
	g.selectingEnv(cmd)
	return cmd
}

func versionCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of Trunkline and of the engine inside",
		Example: "  trunkline version\n  trunkline version -o json",
		RunE: func(*cobra.Command, []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			v := versions()
			if g.output == formatJSON {
				return g.json(v)
			}
			_, err := fmt.Fprintf(g.deps.Stdout, "trunkline %s\npulumi engine %s\n%s %s/%s\n",
				v.Trunkline, v.Engine, v.Go, v.OS, v.Arch)
			return err
		},
	}
}

type versionInfo struct {
	Schema    string `json:"schema"`
	Trunkline string `json:"trunkline"`
	Engine    string `json:"engine"`
	Go        string `json:"go"`
	OS        string `json:"os"`
	Arch      string `json:"arch"`
}

func versions() versionInfo {
	v := versionInfo{Schema: "trunkline.version/v1", Trunkline: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Trunkline = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/pulumi/pulumi/pkg/v3" {
			v.Engine = dep.Version
		}
	}
	return v
}
