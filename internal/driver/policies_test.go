package driver

import (
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/pluginlock"
)

// TestABaseThatDoesNotCompileRunsWithItsOwnPlugins: the ends of stacks are
// previewed on it, with the plugins that it has locked and no others.
func TestABaseThatDoesNotCompileRunsWithItsOwnPlugins(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	lock, err := pluginlock.Format(pluginlock.Lock{Plugins: []pluginlock.Plugin{{
		Kind: "resource", Name: "aws", Version: "6.83.2",
		Platforms: map[string]pluginlock.Artifact{"linux-amd64": {URL: "https://example.com/aws.tar.gz",
			Archive: "sha256:" + strings.Repeat("a", 64), Binary: "sha256:" + strings.Repeat("b", 64)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s.write(map[string]string{pluginlock.File: string(lock), "components/queue/queue.go": "package queue\n\nconst Size = none\n"})
	s.commit("broken")
	base, err := s.d.OpenBase(t.Context(), OpenOptions{At: "HEAD"})
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	if base.broken == nil || len(base.Plugins.Plugins) != 1 || base.Plugins.Plugins[0].Version != "6.83.2" {
		t.Errorf("broken %v, plugins %+v", base.broken, base.Plugins)
	}

	s.write(map[string]string{pluginlock.File: "{"})
	s.commit("nobody knows which plugins")
	if _, err := s.d.OpenPolicies(t.Context(), "HEAD"); err == nil || !strings.Contains(err.Error(), pluginlock.File) {
		t.Error(err)
	}
}
