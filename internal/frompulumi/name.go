package frompulumi

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	noDefinition    = regexp.MustCompile(`[^a-z0-9-]+`)
	environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
)

// DefinitionName is the name of the stack definition that a project becomes:
// lower-case letters, digits and -, beginning with a letter, at most 40.
func DefinitionName(project string) string {
	name := strings.Trim(noDefinition.ReplaceAllString(strings.ToLower(project), "-"), "-")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = "stack-" + name
	}
	return strings.Trim(name[:min(len(name), 40)], "-")
}

// PackageName is the name of the Go package of a definition.
func PackageName(definition string) string {
	name := strings.ReplaceAll(definition, "-", "")
	if reserved[name] {
		return name + "stack"
	}
	return name
}

// reserved are names that a package cannot have or that the table of stacks
// needs for something else.
var reserved = map[string]bool{
	"break": true, "case": true, "chan": true, "const": true, "continue": true, "default": true, "defer": true,
	"else": true, "fallthrough": true, "for": true, "func": true, "go": true, "goto": true, "if": true, "import": true,
	"interface": true, "map": true, "package": true, "range": true, "return": true, "select": true, "struct": true,
	"switch": true, "type": true, "var": true, "main": true, "init": true, "estate": true,
}

// CheckStack says why a Pulumi stack of that name cannot become an environment.
func CheckStack(name, file string) []Finding {
	if environmentName.MatchString(name) {
		return nil
	}
	return []Finding{{File: file, Blocks: true,
		What: "the stack " + name + " cannot become an environment: its name is not lower-case letters, digits and -, beginning with a letter, at most 32",
		Next: "pulumi stack rename, or name the others with --stack"}}
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
