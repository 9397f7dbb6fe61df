package record

import "strings"

// A URN is urn:pulumi:stack::project::parentType$type::name. The name may hold
// anything, "::" too.

// part returns the part of a URN after n separators.
func part(urn string, n int) string {
	parts := strings.SplitN(urn, "::", 4)
	if n >= len(parts) {
		return ""
	}
	return parts[n]
}

func nameOf(urn string) string { return part(urn, 3) }

// typesOf returns the type with those of its parents in front.
func typesOf(urn string) string { return part(urn, 2) }

func typeOf(urn string) string {
	all := typesOf(urn)
	return all[strings.LastIndexByte(all, '$')+1:]
}

const rootType = "pulumi:pulumi:Stack"

// isRoot tells whether a URN is that of the stack itself.
func isRoot(urn string) bool { return typesOf(urn) == rootType }

// urnOf composes a URN. The stack itself as the parent is as good as none.
func urnOf(stack, project, parent, typ, name string) string {
	if parent != "" && !isRoot(parent) {
		typ = typesOf(parent) + "$" + typ
	}
	return stack + "::" + project + "::" + typ + "::" + name
}
