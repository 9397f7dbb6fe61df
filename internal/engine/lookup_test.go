package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var plain = pulumi.Map{"value": pulumi.String("a")}

// install puts an executable into a directory for plugins that only says that
// it was started, and returns what PULUMI_HOME must be.
func install(t *testing.T, home string, dirs ...string) string {
	t.Helper()
	for _, d := range dirs {
		path := filepath.Join(home, "plugins", d, "pulumi-resource-what")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho this is "+d+" >&2\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// what is a program that needs a version of provider "what".
func what(version string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var opts []pulumi.ResourceOption
		if version != "" {
			opts = append(opts, pulumi.Version(version))
		}
		return ctx.RegisterResource("what:index:Thing", "x", nil, &enginetest.Thing{}, opts...)
	}
}

func TestThePluginIsTheOneThatPulumiWouldChoose(t *testing.T) {
	t.Parallel()
	home := install(t, t.TempDir(), "resource-what-v1.0.0", "resource-what-v1.2.0", "resource-what-v2.0.0", "resource-what-v3.0.0-rc.1")
	bin := filepath.Join(t.TempDir(), "pulumi-resource-what")
	if err := os.WriteFile(bin, []byte("#!/bin/sh\necho this is on the PATH >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Dir(bin)
	for name, c := range map[string]struct {
		version string
		env     map[string]string
		text    string
	}{
		"the exact version":            {"2.0.0", nil, "this is resource-what-v2.0.0"},
		"the newest without a version": {"", nil, "this is resource-what-v2.0.0"},
		"a prerelease exactly":         {"3.0.0-rc.1", nil, "this is resource-what-v3.0.0-rc.1"},
		"one on the PATH":              {"1.0.0", map[string]string{"PATH": path}, "this is on the PATH"},
		"not one on an ignored PATH":   {"2.0.0", map[string]string{"PATH": path, "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}, "this is resource-what-v2.0.0"},
		"not one in a relative folder": {"2.0.0", map[string]string{"PATH": "."}, "this is resource-what-v2.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			req := w.request(gitops.Preview, what(c.version))
			req.Env = map[string]string{"PULUMI_HOME": home}
			for k, v := range c.env {
				req.Env[k] = v
			}
			_, err := w.Run(t.Context(), req)
			if err == nil || !contains(err, c.text) {
				t.Errorf("%q is not in %v", c.text, err)
			}
		})
	}
}

func TestAMissingPluginIsNamedWithWhatToRun(t *testing.T) {
	t.Parallel()
	home := install(t, t.TempDir(), "resource-what-v1.0.0")
	for version, next := range map[string]string{
		"2.0.0":      "pulumi plugin install resource what 2.0.0",
		"1.5.0":      "pulumi plugin install resource what 1.5.0",
		"1.0.0-rc.1": "pulumi plugin install resource what 1.0.0-rc.1",
	} {
		w := newWorld(t)
		req := w.request(gitops.Preview, what(version))
		req.Env = map[string]string{"PULUMI_HOME": home}
		_, err := w.Run(t.Context(), req)
		var e *gitops.Error
		if !errors.As(err, &e) || e.Kind != gitops.Invalid || e.Next != next || !strings.Contains(e.What, "provider what "+version+" is not installed in "+home) {
			t.Errorf("%s: got %#v", version, err)
		}
	}
}

// A provider in this process needs no plugin, wherever plugins are looked for.
func TestNoPluginIsLookedUpForAProviderOfThisProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	blocked := filepath.Join(t.TempDir(), "plugins") // reading this as a directory fails
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, op := range []gitops.Operation{gitops.Preview, gitops.Update, gitops.Refresh, gitops.Destroy} {
		var run pulumi.RunFunc
		if op == gitops.Preview || op == gitops.Update {
			run = one(plain)
		}
		req := w.request(op, run)
		req.Env = map[string]string{"PULUMI_HOME": filepath.Dir(blocked)}
		if _, err := w.Run(t.Context(), req); err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
	req := w.request(gitops.Preview, what("1.0.0"))
	req.Env = map[string]string{"PULUMI_HOME": filepath.Dir(blocked)}
	if _, err := w.Run(t.Context(), req); err == nil || !contains(err, "the list of plugins") {
		t.Errorf("another provider should have been looked up there: %v", err)
	}
}
