package estate

import (
	"fmt"
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
		case inside && strings.HasPrefix(f.Function, module+"/") && !isKit(f.Function, module):
			out = append(out, place(f, module))
		}
		if !more {
			break
		}
	}
	return out
}

// isKit tells whether the function is the estate package's own.
func isKit(function, module string) bool {
	return strings.HasPrefix(function, module+"/estate.")
}

func place(f runtime.Frame, module string) string {
	pkg := packageOf(f.Function)
	file := f.File[strings.LastIndexByte(f.File, '/')+1:]
	dir := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
	return fmt.Sprintf("%s/%s:%d (%s)", dir, file, f.Line, f.Function[strings.LastIndexByte(f.Function, '/')+1:])
}
