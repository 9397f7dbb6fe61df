package automation

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

// parts makes the two things a Command stands on. Tests replace them.
type parts struct {
	openStore func(ctx context.Context, url string) (gitops.StateStore, error)
	newEngine func(engine.Options) engine.API
}

var _ engine.API = (*engine.Engine)(nil)

func realParts() parts {
	return parts{
		openStore: func(ctx context.Context, url string) (gitops.StateStore, error) { return state.Open(ctx, url) },
		newEngine: func(o engine.Options) engine.API { return engine.New(o) },
	}
}
