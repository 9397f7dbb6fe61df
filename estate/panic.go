package estate

import (
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/place"
)

// kit is the import path of this package.
const kit = "github.com/trunkline-dev/trunkline/estate"

// panicError describes a panic by the places in the module that led to it,
// innermost first. It is called from the deferred function that recovered.
func panicError(module string, value any) error {
	var b strings.Builder
	fmt.Fprintf(&b, "the program panicked: %v", value)
	built := func(function string) bool { return strings.HasPrefix(function, kit+".Define[") }
	for _, at := range place.Panic(module, 5, built) {
		b.WriteString("\n    at " + at)
	}
	return fmt.Errorf("%s", b.String())
}
