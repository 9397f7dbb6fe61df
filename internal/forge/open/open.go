// Package open opens any forge: it is the one place that names them all.
package open

import (
	"io"
	"os"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/gitea"
	"github.com/trunkline-dev/trunkline/internal/forge/github"
	"github.com/trunkline-dev/trunkline/internal/forge/gitlab"
	"github.com/trunkline-dev/trunkline/internal/forge/local"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// account is under which name a local forge has what Trunkline writes.
const account = "trunkline"

// Open returns the repository on a forge of the kind: github, gitlab, gitea, which
// is Forgejo too, or local, whose URL is the path of its directory.
func Open(kind string, c forge.Config) (gitops.Forge, error) {
	switch kind {
	case "github":
		return github.New(c)
	case "gitlab":
		return gitlab.New(c)
	case "gitea":
		return gitea.New(c)
	case "local":
		return local.Open(c.URL, account)
	}
	return nil, gitops.Errorf(gitops.Invalid, "there is no forge %q: use github, gitlab, gitea or local", kind)
}

// variables hold the token of a forge, the first one that is set counts.
var variables = map[string][]string{
	"github": {"GITHUB_TOKEN"},
	"gitlab": {"GITLAB_TOKEN", "CI_JOB_TOKEN"},
	"gitea":  {"GITEA_TOKEN", "GITHUB_TOKEN"},
}

const maxToken = 64 << 10 // bytes of a file with a token

// Token returns where the token of a forge comes from: the file that
// TRUNKLINE_FORGE_TOKEN_FILE names, which is read each time, TRUNKLINE_FORGE_TOKEN,
// or the forge's own variable. "" is none.
func Token(kind string, getenv func(string) string) func() (string, error) {
	if path := getenv("TRUNKLINE_FORGE_TOKEN_FILE"); path != "" {
		return func() (string, error) { return read(path) }
	}
	for _, name := range append([]string{"TRUNKLINE_FORGE_TOKEN"}, variables[kind]...) {
		if token := getenv(name); token != "" {
			return func() (string, error) { return token, nil }
		}
	}
	return func() (string, error) { return "", nil }
}

func read(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Denied, What: "cannot read the token in TRUNKLINE_FORGE_TOKEN_FILE", Err: err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Denied, What: "cannot read the token in TRUNKLINE_FORGE_TOKEN_FILE", Err: err}
	}
	return string(data), nil
}
