package stock

import "slices"

// Programs is the whole suite.
func Programs() []Program {
	return slices.Concat(resources)
}
