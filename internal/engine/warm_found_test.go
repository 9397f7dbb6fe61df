//go:build unix

package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// finding is an engine whose plugins are where find says.
func finding(t *testing.T, p *enginetest.Plugin, find func(name, version string) (string, error)) *warm {
	w := newWarm(t, p, plugins.Options{})
	w.Engine = engine.New(engine.Options{
		Store: w.store, FindPlugin: find,
		Key: func() (engine.KeyCrypter, error) { return enginetest.Key("k1"), nil },
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func foundElsewhere(t *testing.T, p *enginetest.Plugin) {
	var asked []string
	w := finding(t, p, func(name, version string) (string, error) {
		asked = append(asked, name+" "+version)
		return p.Path, nil
	})
	req := w.request("a", gitops.Update, in("eu", plain), nil)
	delete(req.Env, "PULUMI_HOME") // where it would be found otherwise
	if _, err := w.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if len(asked) == 0 || slices.ContainsFunc(asked, func(s string) bool { return s != "test 1.0.0" }) {
		t.Errorf("asked for %q", asked)
	}
}

func notFoundElsewhere(t *testing.T, p *enginetest.Plugin) {
	w := finding(t, p, func(name, version string) (string, error) {
		return "", gitops.Errorf(gitops.Invalid, "provider %s %s is not in the lock", name, version)
	})
	_, err := w.Run(t.Context(), w.request("a", gitops.Update, in("eu", plain), nil)) // PULUMI_HOME has it
	if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "provider test 1.0.0 is not in the lock") {
		t.Errorf("error is %v", err)
	}
	if n := len(w.calls()); n != 0 {
		t.Errorf("the plugin got %d calls", n)
	}
}

func ownVariables(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	mapped := func(ctx *pulumi.Context) error {
		var prov pulumi.ProviderResourceState
		err := ctx.RegisterResource("pulumi:providers:test", "p", pulumi.Map{}, &prov, pulumi.Version("1.0.0"),
			pulumi.EnvVarMappings(map[string]string{"TOKEN": "STOLEN", "SHARED": "TOKEN"}))
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "one", plain, pulumi.Provider(&prov))
		return err
	}
	run := func(stack, token string) {
		t.Helper()
		req := w.request(stack, gitops.Update, mapped, map[string]string{"SHARED": "s"})
		req.ProviderEnv = func(name string) []string { return []string{"FOR=" + name, "TOKEN=" + token} }
		if _, err := w.Run(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	run("a", "preview")
	run("b", "update")
	run("c", "preview")
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("two tokens used the processes %v", pids)
	}
	seen := map[string]bool{}
	for _, c := range w.calls() {
		if c.Call != "Configure" {
			continue
		}
		if !slices.Contains(c.Env, "FOR=test") {
			t.Errorf("FOR is not in %q", c.Env)
		}
		for _, kv := range c.Env {
			if strings.HasPrefix(kv, "STOLEN=") {
				t.Errorf("a program had %s mapped", kv)
			}
			if token, ok := strings.CutPrefix(kv, "TOKEN="); ok {
				seen[token] = true
			}
		}
	}
	if len(seen) != 2 || !seen["preview"] || !seen["update"] {
		t.Errorf("tokens were %v", seen)
	}
}
