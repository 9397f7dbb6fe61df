package review_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestALineAndACommitHaveAddressesOnEveryForge(t *testing.T) {
	t.Parallel()
	for forge, want := range map[string][2]string{
		"github": {"https://f.example/a/b/blob/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/commit/def"},
		"gitlab": {"https://f.example/a/b/-/blob/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/-/commit/def"},
		"gitea":  {"https://f.example/a/b/src/commit/abc/infra/stacks/x%20y.go#L7", "https://f.example/a/b/commit/def"},
	} {
		source, commit := review.Links(forge, "https://f.example/a/b.git", "abc", "infra")
		if got := [2]string{source("stacks/x y.go", 7), commit("def")}; got != want {
			t.Errorf("%s: got %q, want %q", forge, got, want)
		}
	}
	for _, none := range [][3]string{{"local", "https://f.example/a", "abc"}, {"github", "javascript:alert(1)", "abc"}, {"github", "", "abc"}, {"github", "https://f.example/a", ""}} {
		if source, commit := review.Links(none[0], none[1], none[2], ""); source != nil || commit != nil {
			t.Errorf("%q has addresses", none)
		}
	}
}
