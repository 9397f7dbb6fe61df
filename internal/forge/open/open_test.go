package open_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/open"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestEveryKindIsOpened(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		f, err := open.Open(kind, forge.Config{URL: "https://git.example.test", Repository: "team/infra"})
		if err != nil || f.Kind() != kind {
			t.Errorf("%s: got %v", kind, err)
		}
		for _, url := range []string{"git.example.test", "https://u:p@git.example.test", "http://169.254.169.254", "file:///x"} {
			if _, err := open.Open(kind, forge.Config{URL: url, Repository: "team/infra"}); gitops.KindOf(err) != gitops.Invalid {
				t.Errorf("%s at %s: got %v", kind, url, err)
			}
		}
	}
	if _, err := open.Open("local", forge.Config{URL: t.TempDir()}); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := open.Open("svn", forge.Config{}); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestTokenComesFromTheFirstPlaceThatHasOne(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("in a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind string
		env  map[string]string
		want string
	}{
		{"github", map[string]string{"GITHUB_TOKEN": "a", "GITLAB_TOKEN": "b"}, "a"},
		{"gitlab", map[string]string{"GITHUB_TOKEN": "a", "GITLAB_TOKEN": "b", "CI_JOB_TOKEN": "c"}, "b"},
		{"gitlab", map[string]string{"CI_JOB_TOKEN": "c"}, "c"},
		{"gitea", map[string]string{"GITHUB_TOKEN": "a", "GITEA_TOKEN": "d"}, "d"},
		{"gitea", map[string]string{"TRUNKLINE_FORGE_TOKEN": "e", "GITEA_TOKEN": "d"}, "e"},
		{"gitea", map[string]string{"TRUNKLINE_FORGE_TOKEN_FILE": file, "TRUNKLINE_FORGE_TOKEN": "e"}, "in a file\n"},
		{"github", map[string]string{"GITLAB_TOKEN": "b"}, ""},
	} {
		got, err := open.Token(c.kind, func(name string) string { return c.env[name] })()
		if err != nil || got != c.want {
			t.Errorf("%s with %v: got %q, %v, want %q", c.kind, c.env, got, err, c.want)
		}
	}
	missing := open.Token("github", func(name string) string { return map[string]string{"TRUNKLINE_FORGE_TOKEN_FILE": file + "x"}[name] })
	if _, err := missing(); gitops.KindOf(err) != gitops.Denied {
		t.Errorf("got %v", err)
	}
}
