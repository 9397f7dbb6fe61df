package enginetest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Plugin is the program of enginetest/plugin, installed as a provider plugin in
// a directory for Pulumi's plugins of its own.
type Plugin struct {
	// Path is the executable, Home what PULUMI_HOME names.
	Path, Home string
	dir        string
}

// PluginCall is a line of the plugin's log.
type PluginCall struct {
	PID    int    `json:"pid"`
	Call   string `json:"call"`
	URN    string `json:"urn"`
	Region string `json:"region"`
	// Env and Dir are its environment and working directory, for Configure.
	Env []string `json:"env"`
	Dir string   `json:"dir"`
}

// InstallPlugin builds the plugin and installs it. This takes seconds: tests
// share one.
func InstallPlugin(tb testing.TB) *Plugin {
	tb.Helper()
	p := &Plugin{Home: tb.TempDir(), dir: tb.TempDir()}
	p.Path = filepath.Join(p.Home, "plugins", "resource-test-v1.0.0", "pulumi-resource-test")
	cmd := exec.Command("go", "build", "-o", p.Path, "github.com/trunkline-dev/trunkline/internal/engine/enginetest/plugin")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("build the plugin: %v\n%s", err, out)
	}
	return p
}

// Env returns the environment of an operation that uses the plugin and logs its
// calls under the name, with more variables in it.
func (p *Plugin) Env(name string, more map[string]string) map[string]string {
	env := map[string]string{"PULUMI_HOME": p.Home, "TEST_PLUGIN_LOG": p.log(name)}
	maps.Copy(env, more)
	return env
}

func (p *Plugin) log(name string) string {
	return filepath.Join(p.dir, strings.ReplaceAll(name, "/", "_")+".log")
}

// Calls returns what was logged under the name.
func (p *Plugin) Calls(tb testing.TB, name string) []PluginCall {
	tb.Helper()
	raw, err := os.ReadFile(p.log(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tb.Fatal(err)
	}
	var out []PluginCall
	for dec := json.NewDecoder(strings.NewReader(string(raw))); dec.More(); {
		var c PluginCall
		if err := dec.Decode(&c); err != nil {
			tb.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
