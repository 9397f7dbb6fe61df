package gitea_test

import (
	"net/http"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/gitea"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func open(t *testing.T) forgetest.World {
	return forgetest.Gitea(t, func(c forgetest.Connection, url string, rt http.RoundTripper) (gitops.Forge, error) {
		return gitea.New(forge.Config{
			URL: url, Repository: "team/infra", Token: c.Token, Transport: rt, Now: c.Clock.Now, Wait: c.Clock.Wait,
		})
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	forgetest.Run(t, open)
	forgetest.RunServer(t, open)
}
