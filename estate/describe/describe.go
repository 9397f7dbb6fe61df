// Package describe says what an estate program consists of: its stacks, what
// they need and which settings they take. The program prints it as JSON and
// the driver reads it, so neither depends on the other.
package describe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// SchemaVersion names the JSON shape of a Description.
const SchemaVersion = "trunkline.estate/v1"

// Description is what an estate program says about itself.
type Description struct {
	// Schema is SchemaVersion.
	Schema string `json:"schema"`
	// Module is the path of the Go module, such as "github.com/acme/estate".
	Module string `json:"module"`
	// Stacks are the stack definitions in the order of the table in the program.
	Stacks []Stack `json:"stacks"`
}

// Stack is one stack definition.
type Stack struct {
	Name string `json:"name"`
	// Package is the import path of the Go package that defines the stack.
	Package string `json:"package"`
	// Source is the "file:line" of the definition, relative to the module.
	Source string `json:"source"`
	// Needs are the names of the stacks whose outputs this one reads.
	Needs    []string        `json:"needs"`
	Doc      string          `json:"doc,omitempty"`
	Settings settings.Schema `json:"settings"`
	Outputs  []Output        `json:"outputs"`
}

// Output is one value that a stack hands to those who need it.
type Output struct {
	Name string `json:"name"`
	// Type is the Go type of the settled value, such as "string" or "[]string".
	Type string `json:"type"`
	Doc  string `json:"doc,omitempty"`
}

// Stack returns the definition of that name.
func (d Description) Stack(name string) (Stack, bool) {
	i := slices.IndexFunc(d.Stacks, func(s Stack) bool { return s.Name == name })
	if i < 0 {
		return Stack{}, false
	}
	return d.Stacks[i], true
}

// Names returns the names of the stacks in the order of the table.
func (d Description) Names() []string {
	out := make([]string, len(d.Stacks))
	for i, s := range d.Stacks {
		out[i] = s.Name
	}
	return out
}

// Check returns everything that is wrong with how the stacks are put together:
// a name that two have, a need that nothing fulfils, needs in a circle. Each
// problem begins with the "file:line" of a definition.
func (d Description) Check() []string {
	var out []string
	first := map[string]Stack{}
	for _, s := range d.Stacks {
		if other, twice := first[s.Name]; twice {
			out = append(out, fmt.Sprintf("%s: stack %q is already defined at %s", s.Source, s.Name, other.Source))
			continue
		}
		first[s.Name] = s
	}
	for _, s := range d.Stacks {
		for _, need := range s.Needs {
			if _, ok := first[need]; !ok {
				out = append(out, fmt.Sprintf("%s: stack %q needs %q, which is not in the table of estate.Main; %s",
					s.Source, s.Name, need, settings.DidYouMean(need, d.Names())))
			}
		}
	}
	if cycle := d.cycle(); cycle != nil {
		s, _ := d.Stack(cycle[0])
		out = append(out, fmt.Sprintf("%s: stacks need each other in a circle: %s", s.Source, strings.Join(cycle, " → ")))
	}
	return out
}

// cycle returns the first circle of needs, its first name again at the end.
func (d Description) cycle() []string {
	const visiting, done = 1, 2
	mark := map[string]int{}
	var path []string
	var visit func(name string) []string
	visit = func(name string) []string {
		switch mark[name] {
		case done:
			return nil
		case visiting:
			return append(slices.Clone(path[slices.Index(path, name):]), name)
		}
		s, ok := d.Stack(name)
		if !ok {
			return nil
		}
		mark[name] = visiting
		path = append(path, name)
		for _, need := range s.Needs {
			if c := visit(need); c != nil {
				return c
			}
		}
		path = path[:len(path)-1]
		mark[name] = done
		return nil
	}
	for _, s := range d.Stacks {
		if c := visit(s.Name); c != nil {
			return c
		}
	}
	return nil
}
