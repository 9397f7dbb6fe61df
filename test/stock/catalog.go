package stock

import "slices"

// Programs is the whole suite.
func Programs() []Program {
	return slices.Concat(options, values, failures, scopes, providers, settings, states, policies)
}
