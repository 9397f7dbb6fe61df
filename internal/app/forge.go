package app

import (
	"strings"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/cli"
	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/local"
	"github.com/trunkline-dev/trunkline/internal/forge/open"
)

// forge opens the forge of a CI job. A job without one is reviewed all the same;
// nobody is told.
func (w World) forge(c ci.Context) (cli.Forge, error) {
	if c.Forge == "" {
		return cli.Forge{}, nil
	}
	token := open.Token(c.Forge, w.Getenv)
	f, err := open.Open(c.Forge, forge.Config{URL: c.URL, Repository: c.Repository, Token: token, Now: w.Now})
	if err != nil {
		return cli.Forge{}, err
	}
	if c.Forge == "local" {
		return cli.Forge{Forge: f, Remote: &checkout.Remote{URL: local.Repository(c.URL), Local: true}}, nil
	}
	remote := &checkout.Remote{URL: strings.TrimSuffix(c.URL, "/") + "/" + c.Repository + ".git", Token: token}
	if c.Forge == "gitlab" {
		remote.User = "gitlab-ci-token" // what the token of a job wants; others do not mind
	}
	return cli.Forge{Forge: f, Remote: remote}, nil
}
