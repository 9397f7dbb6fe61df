package delivery

import (
	"testing"

	"github.com/trunkline-dev/trunkline/internal/ci"
)

func TestLinksLeadToTheLineOnEachForge(t *testing.T) {
	t.Parallel()
	for forge, want := range map[string][2]string{
		"github": {"https://f.example/a/b/blob/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/commit/abc"},
		"gitlab": {"https://f.example/a/b/-/blob/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/-/commit/abc"},
		"gitea":  {"https://f.example/a/b/src/commit/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/commit/abc"},
		"local":  {"", ""},
		"":       {"", ""},
	} {
		l := linksOf(ci.Context{Forge: forge, URL: "https://f.example/", Repository: "a/b"}, "abc", "infra")
		if got := [2]string{l.source("stacks/x y.go", 7), l.commit("abc")}; got != want {
			t.Errorf("%s: %q, want %q", forge, got, want)
		}
	}
}
