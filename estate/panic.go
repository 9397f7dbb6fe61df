package estate

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// panicError describes a panic by the places in the module that led to it,
// innermost first. It is called from the deferred function that recovered.
func panicError(module string, value any) error {
	var b strings.Builder
	fmt.Fprintf(&b, "the program panicked: %v", value)
	for _, place := range panicPlaces(module, 5) {
		b.WriteString("\n    at " + place)
	}
	return fmt.Errorf("%s", b.String())
}

// panicPlaces returns up to limit frames of the module below the panic:
// "stacks/data/data.go:41 (data.build)".
func panicPlaces(module string, limit int) []string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var out []string
	inside := false
	for len(out) < limit {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic" || f.Function == "runtime.sigpanic":
			inside, out = true, nil // frames above the panic are the recovery's own
		case inside && strings.HasPrefix(f.Function, kit+".Define["):
			return out // the rest is how the build function came to be called
		case inside && inModule(f.Function, module):
			out = append(out, place(f, module))
		}
		if !more {
			break
		}
	}
	return out
}

// kit is the import path of this package.
const kit = "github.com/trunkline-dev/trunkline/estate"

func inModule(function, module string) bool {
	return strings.HasPrefix(function, "main.") || strings.HasPrefix(function, module+"/")
}

func place(f runtime.Frame, module string) string {
	file := path.Join(packageDir(packageOf(f.Function), module), path.Base(f.File))
	return fmt.Sprintf("%s:%d (%s)", file, f.Line, lastElement(f.Function))
}
