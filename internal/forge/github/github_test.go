package github_test

import (
	"net/http"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/github"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func open(t *testing.T) forgetest.World { return server(t) }

func server(t *testing.T) *forgetest.Server {
	return forgetest.GitHub(t, func(c forgetest.Connection, url string, rt http.RoundTripper) (gitops.Forge, error) {
		return github.New(forge.Config{
			URL: url, Repository: "team/infra", Token: c.Token, Transport: rt, Now: c.Clock.Now, Wait: c.Clock.Wait,
		})
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	forgetest.Run(t, open)
	forgetest.RunServer(t, open)
}
