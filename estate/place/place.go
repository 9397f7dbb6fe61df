// Package place finds out where in its module something is: who called a
// function, and where a panic came from. Programs are compiled with -trimpath,
// so the names of functions lead to directories, and the compiler's paths do not.
package place

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
)

// Module returns the path of the main module as the compiler recorded it, "" when
// it did not.
func Module() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Path
	}
	return ""
}

// Caller says who called the function that calls it, skip frames further up: the
// import path of the package, the base name of the file, and the line.
func Caller(skip int) (pkg, file string, line int) {
	pc, full, line, ok := runtime.Caller(skip + 2)
	if !ok {
		return "", "", 0
	}
	if f := runtime.FuncForPC(pc); f != nil {
		pkg = packageOf(f.Name())
	}
	return pkg, path.Base(strings.ReplaceAll(full, `\`, "/")), line
}

// Source returns "stacks/data/data.go:17", relative to the module.
func Source(module, pkg, file string, line int) string {
	return fmt.Sprintf("%s:%d", path.Join(dir(pkg, module), file), line)
}

// Panic returns up to limit frames of the module below a panic, innermost first:
// "stacks/data/data.go:41 (data.build)". The deferred function that recovered
// calls it, or one that is called by it. A frame of which until tells true ends
// them: the rest is how the code came to be called.
func Panic(module string, limit int, until func(function string) bool) []string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var out []string
	inside := false
	for len(out) < limit {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic" || f.Function == "runtime.sigpanic":
			inside, out = true, nil // frames above the panic are the recovery's own
		case inside && until(f.Function):
			return out
		case inside && inModule(f.Function, module):
			at := Source(module, packageOf(f.Function), path.Base(f.File), f.Line)
			out = append(out, fmt.Sprintf("%s (%s)", at, Last(f.Function)))
		}
		if !more {
			break
		}
	}
	return out
}

// Last returns the last element of an import path or of the full name of a
// function.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// packageOf returns the import path in the full name of a function, such as
// "example.com/estate/stacks/data.init".
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		return function[:slash+dot]
	}
	return function
}

// dir returns the directory of a package in its module. The import path of a main
// package is not in its functions' names, but the compiler knows it. Tests may be
// a package beside the one that they test.
func dir(pkg, module string) string {
	if info, ok := debug.ReadBuildInfo(); ok && pkg == "main" {
		pkg = info.Path
	}
	pkg = strings.TrimSuffix(pkg, "_test")
	if rel, ok := strings.CutPrefix(pkg, module); ok {
		return strings.TrimPrefix(rel, "/")
	}
	return pkg
}

func inModule(function, module string) bool {
	return strings.HasPrefix(function, "main.") || strings.HasPrefix(function, module+"/")
}
