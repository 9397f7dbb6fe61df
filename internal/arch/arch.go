// Package arch checks that packages import only lower floors. The floors are
// the list in docs/architecture.md.
package arch

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
)

// Floor is one line of the list: the packages that a pattern names.
type Floor struct {
	// Level is the number in front; lower floors have lower numbers.
	Level int
	// Side is "e" for the estate, "t" for its test kit, "" for the driver.
	Side string
	// Pattern is a package path below the module; a trailing /* means its
	// sub-packages.
	Pattern string
	// Line is the line's text. Packages that one line names together may import
	// each other.
	Line string
}

const marker = "<!-- floors:"

// Parse reads the list out of the text of docs/architecture.md.
func Parse(r io.Reader) ([]Floor, error) {
	var floors []Floor
	in, fenced := false, false
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, marker):
			in = true
		case in && strings.HasPrefix(line, "```") && fenced:
			return floors, sc.Err()
		case in && strings.HasPrefix(line, "```"):
			fenced = true
		case in && fenced:
			f, err := parseLine(line)
			if err != nil {
				return nil, err
			}
			floors = append(floors, f...)
		}
	}
	return nil, fmt.Errorf("no list of floors between %q and the end of a fence", marker)
}

func parseLine(line string) ([]Floor, error) {
	var out []Floor
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return nil, fmt.Errorf("floor line %q: want a number, a package and a sentence", line)
	}
	var f Floor
	if _, err := fmt.Sscanf(fields[0], "%d%s", &f.Level, &f.Side); err != nil && f.Side == "" {
		if _, err := fmt.Sscanf(fields[0], "%d", &f.Level); err != nil {
			return nil, fmt.Errorf("floor line %q: %w", line, err)
		}
	}
	head, _, _ := strings.Cut(line, "  ")
	rest := strings.TrimSpace(strings.TrimPrefix(line, head))
	names, _, _ := strings.Cut(rest, "  ")
	for _, p := range strings.Fields(names) {
		f.Pattern, f.Line = p, line
		out = append(out, f)
	}
	return out, nil
}

// Find returns the floor of a package path below the module. A package belongs
// to the floor of the nearest parent that the list names; its own name goes before a pattern.
func Find(floors []Floor, pkg string) (Floor, bool) {
	for p := pkg; p != "." && p != "/"; p = path.Dir(p) {
		for _, pattern := range []string{p, path.Dir(p) + "/*"} {
			for _, f := range floors {
				if f.Pattern == pattern {
					return f, true
				}
			}
		}
	}
	return Floor{}, false
}

// unit is the part of a package's path that may import its own sub-packages.
func unit(f Floor, pkg string) string {
	base, ok := strings.CutSuffix(f.Pattern, "/*")
	if !ok {
		return f.Pattern
	}
	rest := strings.TrimPrefix(pkg, base+"/")
	name, _, _ := strings.Cut(rest, "/")
	return base + "/" + name
}

// together tells whether both stand on one line that names several packages.
func together(floors []Floor, a, b Floor) bool {
	n := 0
	for _, f := range floors {
		if f.Line == a.Line {
			n++
		}
	}
	return a.Line == b.Line && n > 1
}

// Allowed tells whether from may import to, and why not.
func Allowed(floors []Floor, from, to string) (bool, string) {
	a, ok := Find(floors, from)
	if !ok {
		return false, from + " is on no floor: add it to the list in docs/architecture.md"
	}
	b, ok := Find(floors, to)
	if !ok {
		return false, to + " is on no floor: add it to the list in docs/architecture.md"
	}
	switch {
	case unit(a, from) == unit(b, to), together(floors, a, b):
		return true, ""
	case a.Side == "e" && b.Side != "e":
		return false, "the estate never imports the driver"
	case a.Side == "" && b.Side == "e" && b.Level > 1:
		return false, "the driver never imports the estate: it reads it as data"
	case b.Level < a.Level:
		return true, ""
	case a.Side == "" && b.Side == "e" && a.Level > 0:
		return true, ""
	}
	return false, fmt.Sprintf("floor %d may not import floor %d", a.Level, b.Level)
}
