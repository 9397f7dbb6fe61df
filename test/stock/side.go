package stock

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/test/stock/cloud"
)

// Side is one way to run the Automation API.
type Side struct {
	Name string
	// open returns the command and the variables that a workspace of it needs.
	open func(tb testing.TB, home string, c *cloud.Cloud) (auto.PulumiCommand, map[string]string)
}

// Stock is the CLI below root, with the file backend and the provider attached.
func Stock(root string) Side {
	return Side{"stock", func(tb testing.TB, home string, c *cloud.Cloud) (auto.PulumiCommand, map[string]string) {
		tb.Helper()
		cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: root})
		if err != nil {
			tb.Fatal(err)
		}
		state := filepath.Join(home, "state")
		makeDir(tb, state)
		env := attached(tb, c)
		env["PULUMI_BACKEND_URL"] = "file://" + filepath.ToSlash(state)
		return cmd, env
	}}
}

// Embedded is the engine in this process, and the provider too.
func Embedded() Side {
	return Side{"embedded", func(tb testing.TB, home string, c *cloud.Cloud) (auto.PulumiCommand, map[string]string) {
		tb.Helper()
		return ours(tb, automation.Provider("test", c)), database(home)
	}}
}

// Attached is the engine in this process with the provider attached over gRPC,
// by the same variable that the CLI takes.
func Attached() Side {
	return Side{"attached", func(tb testing.TB, home string, c *cloud.Cloud) (auto.PulumiCommand, map[string]string) {
		tb.Helper()
		env := attached(tb, c)
		for k, v := range database(home) {
			env[k] = v
		}
		return ours(tb), env
	}}
}

func ours(tb testing.TB, opts ...automation.Option) auto.PulumiCommand {
	cmd := automation.New(opts...)
	tb.Cleanup(func() {
		if err := cmd.Close(); err != nil {
			tb.Error(err)
		}
	})
	return cmd
}

func database(home string) map[string]string {
	return map[string]string{
		"PULUMI_BACKEND_URL": "sqlite://" + filepath.ToSlash(filepath.Join(home, "state.db")),
	}
}

// attached serves the cloud and names it for the engine.
func attached(tb testing.TB, c *cloud.Cloud) map[string]string {
	tb.Helper()
	port, stop, err := c.Serve()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return map[string]string{
		"PULUMI_DEBUG_PROVIDERS": fmt.Sprintf("test:%d", port),
	}
}
