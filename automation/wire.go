package automation

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/diy"
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
	engine.SetUp() // not with the first operation: others read what it sets
	return parts{
		openStore: openStore,
		newEngine: func(o engine.Options) engine.API { return engine.New(o) },
	}
}

// OpenState opens the store of stacks' state at a URL: sqlite:// and postgres://
// are Trunkline's own; file://, s3://, gs:// and azblob:// are the places where
// the Pulumi CLI keeps state, which promise less. A relative file:// starts at
// dir, an absolute path. Store gives what it returns to a Command.
func OpenState(ctx context.Context, url, dir string) (gitops.StateStore, error) {
	url, err := diy.Resolve(url, dir)
	if err != nil {
		return nil, err
	}
	return openStore(ctx, url)
}

func openStore(ctx context.Context, url string) (gitops.StateStore, error) {
	if diy.Serves(url) {
		return diy.Open(ctx, url)
	}
	return state.Open(ctx, url)
}
