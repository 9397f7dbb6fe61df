package app

import (
	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/cli"
	"github.com/trunkline-dev/trunkline/internal/forge/local"
)

// forge opens the forge of a CI job. A job without one is reviewed all the same;
// nobody is told.
func (w World) forge(c ci.Context) (cli.Forge, error) {
	switch c.Forge {
	case "local":
		f, err := local.Open(c.URL, "trunkline")
		return cli.Forge{Forge: f, Remote: &checkout.Remote{URL: local.Repository(c.URL), Local: true}}, err
	}
	return cli.Forge{}, nil
}
