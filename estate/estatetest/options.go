package estatetest

import (
	"maps"

	"github.com/trunkline-dev/trunkline/estate"
)

// Option changes what a run is given. Settings is one, too.
type Option interface{ apply(*world) }

type option func(*world)

func (o option) apply(w *world) { o(w) }

// Settings are the settings of the stack by key, as plain Go values or as text:
// {"zones": 2, "retention": "14d"}. An estate.Secret is a secret. They are
// checked like those of an environment file.
type Settings map[string]any

func (s Settings) apply(w *world) {
	if w.settings == nil {
		w.settings = Settings{}
	}
	maps.Copy(w.settings, s)
}

// Env replaces the environment. The default is called "test", in the region
// and account of the sandbox.
func Env(env estate.Environment) Option {
	return option(func(w *world) {
		if env.Name == "" {
			env.Name = w.env.Name
		}
		if env.Region == "" {
			env.Region = w.env.Region
		}
		if env.Account == "" {
			env.Account = w.env.Account
		}
		if env.Provider == "" {
			env.Provider = w.env.Provider
		}
		w.env = env
	})
}

// Upstream stands in for a stack that the one under test needs: these are its
// outputs. All that it declares must be there.
func Upstream(stack estate.AnyStack, outputs map[string]any) Option {
	return option(func(w *world) { w.upstream = append(w.upstream, standIn{stack.Name(), outputs}) })
}

type standIn struct {
	stack   string
	outputs map[string]any
}
