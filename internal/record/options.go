package record

import (
	"slices"
)

// optionMark begins the path of an option, so that none looks like an input.
const optionMark = "option:"

// optionsOf lists everything of a registration that is no input, by path. f, when
// it is set, writes it with the names of the base.
func optionsOf(r Resource, f *findings) map[string]any {
	of, write := func(urn string) string { return urn }, func(v any) any { return v }
	if f != nil {
		of, write = f.match.of, f.written
	}
	out := map[string]any{}
	for k, v := range r.Options {
		out[optionMark+k] = write(v)
	}
	for k, urns := range r.Links {
		var list []string
		for _, urn := range urns {
			list = append(list, of(urn))
		}
		out[optionMark+k] = texts(list)
	}
	if r.Parent != "" && !isRoot(r.Parent) {
		out[optionMark+"parent"] = of(r.Parent)
	}
	if r.Read {
		out[optionMark+"read"] = true
	}
	if names := r.formerly(f); len(names) > 0 {
		out[optionMark+"aliases"] = texts(names)
	}
	return out
}

// formerly lists the URNs of the resource's own aliases, without the one that
// made it the same as a resource of the base.
func (r Resource) formerly(f *findings) []string {
	var m matching
	if f != nil {
		m = f.match
	}
	var out []string
	for _, a := range r.Aliases {
		if urn := m.collapse(r, a); m == nil || urn != m[r.URN] {
			out = append(out, urn)
		}
	}
	return out
}

// texts returns a list as a value, sorted and each once.
func texts(list []string) []any {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
